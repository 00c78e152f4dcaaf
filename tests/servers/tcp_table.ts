/** The kernel's view of this machine's IPv4 TCP sockets. */
export interface TcpEntry {
  readonly localPort: number;
  readonly remotePort: number;
  /** As `ss` names them, in lower case with underscores: `established`, `close_wait`. */
  readonly state: string;
  /** What the socket's running timer is for, and when it fires. */
  readonly timer: { readonly kind: "none" | "retransmit" | "keepalive" | "other"; readonly seconds: number };
}

const STATES: Readonly<Record<string, string>> = { "01": "established", "08": "close_wait", "0A": "listen" };
const TIMERS: Readonly<Record<string, TcpEntry["timer"]["kind"]>> = {
  "00": "none",
  "01": "retransmit",
  "02": "keepalive",
};
/** Linux reports timers in ticks of a hundredth of a second. */
const TICKS_PER_SECOND = 100;

/** All sockets, as of now. */
export function tcpTable(): TcpEntry[] {
  const lines = Deno.readTextFileSync("/proc/net/tcp").trimEnd().split("\n").slice(1);
  return lines.map((line) => {
    const [, local = "", remote = "", state = "", , timer = ""] = line.trim().split(/\s+/);
    const [kind = "", ticks = ""] = timer.split(":");
    return {
      localPort: portOf(local),
      remotePort: portOf(remote),
      state: STATES[state] ?? state,
      timer: { kind: TIMERS[kind] ?? "other", seconds: parseInt(ticks, 16) / TICKS_PER_SECOND },
    };
  });
}

function portOf(address: string): number {
  return parseInt(address.slice(address.indexOf(":") + 1), 16);
}
