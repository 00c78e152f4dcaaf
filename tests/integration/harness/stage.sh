#!/bin/sh
# The processes of one stage: how they are started, and how all of them end whatever happens to their owner.
#   stage.sh start PIDS RANK LOG COMMAND…   records its own pid, then becomes COMMAND with its output in LOG
#   stage.sh watch                          reads the stage's directory and more words from stdin; at the end of stdin
#                                           (the owner is done, or dead by whatever signal) it clears everything away
# A POSIX shell because it must survive the death of the owner, and because exec keeps the pid.

# When pid $1 was started, in ticks since boot; fails when it is gone or a zombie.
started() {
  { read -r stat <"/proc/$1/stat"; } 2>/dev/null || return 1
  stat=${stat##*) }
  set -f
  # shellcheck disable=SC2086
  set -- $stat
  set +f
  [ "$1" != Z ] && echo "${20}"
}

if [ "$1" = start ]; then
  pids=$2 rank=$3 log=$4
  shift 4
  # No such file any more: the stage has ended in the meantime.
  [ -f "$pids" ] && echo "$$ $(started $$) $rank" >>"$pids" || exit 1
  exec "$@" >>"$log" 2>&1
fi

# Recorded processes of rank $1 that still run: each line of $processes is "pid start rank".
recorded() {
  echo "$processes" | while read -r pid start rank; do
    [ "$rank" = "$1" ] && [ "$(started "$pid")" = "$start" ] && echo "$pid"
  done
}

# Takes over what has been recorded since the last time.
read_records() {
  processes="$processes$(cat <&3)
"
}

# PostgreSQL's processes and tools that work in or for the stage's directory, whoever started them.
postgres_processes() {
  for file in $(grep -laF -- "$dir/" /proc/[0-9]*/cmdline 2>/dev/null); do
    pid=${file#/proc/} pid=${pid%/cmdline}
    case $(tr '\0' ' ' 2>/dev/null <"$file") in
    *"/postgres "* | *pg_basebackup* | *pg_rewind* | *pg_ctl* | *initdb*) started "$pid" >/dev/null && echo "$pid" ;;
    esac
  done
  # shellcheck disable=SC2010
  ls -ld /proc/[0-9]*/cwd 2>/dev/null | grep -F -- " -> $dir/" | while read -r line; do
    pid=${line#*/proc/} pid=${pid%%/*}
    [ "$(cat "/proc/$pid/comm" 2>/dev/null)" = postgres ] && started "$pid" >/dev/null && echo "$pid"
  done
}

everything() {
  { recorded 1; recorded 2; postgres_processes; } | sort -un
}

# Sends signal $1 to what $3… lists and waits up to $2 tenths of a second until nothing of it is left.
end() {
  signal=$1 left=$2
  shift 2
  # shellcheck disable=SC2046
  kill "-$signal" $("$@") 2>/dev/null
  while [ "$left" -gt 0 ] && [ -n "$("$@")" ]; do
    left=$((left - 1))
    sleep 0.1
  done
}

# Removes what a PostgreSQL killed by SIGKILL leaves outside of its directory.
sweep() {
  while read -r kind name; do
    case $kind in
    port) rm -f "/tmp/.s.PGSQL.$name" "/tmp/.s.PGSQL.$name.lock" ;;
    shm) rm -f "$name" ;;
    ipc) ipcrm -m "$name" 2>/dev/null ;;
    esac
  done <"$dir/leftovers"
}

trap '' HUP INT TERM
cd /
read -r dir || exit 0
# Held open from now on: somebody may remove the directory before we come to read it.
exec 3<"$dir/pids"
keep=no
running=
while read -r word pid rank; do
  case $word in
  keep) keep=yes ;;
  # A child of the owner that runs still, and may be frozen since before it could record itself.
  running) running="$running$pid $(started "$pid") $rank
" ;;
  esac
done
processes=$running
read_records
# shellcheck disable=SC2046
kill -CONT $(everything) 2>/dev/null
end TERM 150 recorded 1
end TERM 30 recorded 2
end INT 50 postgres_processes
end QUIT 20 postgres_processes
[ -f "$dir/leftovers" ] && sweep
if [ "$keep" = yes ]; then
  rm -f "$dir/pids" "$dir/leftovers"
else
  rm -rf "$dir"
fi
# A process that was being started all this time has recorded itself by now, or finds no file to do so and ends.
read_records
for _ in 1 2 3 4 5; do
  [ -z "$(everything)" ] && break
  end KILL 10 everything
done
# The last of them may have written once more.
[ "$keep" = yes ] || rm -rf "$dir"
