/** What PostgreSQL's tools print, of several versions. */
import { assertEquals, assertThrows } from "@std/assert";
import { parseCopyProgress } from "./basebackup.ts";
import { BinariesError, parseVersion } from "./binaries.ts";
import { ControlDataError, parseControlData } from "./controldata.ts";
import { parseLastRecord } from "./local_wal.ts";
import { expandDataRestoreCommand } from "./restore_backup.ts";
import { expandArchiveCommand } from "./wal_archive.ts";

const versions: Record<string, [number, number]> = {
  "postgres (PostgreSQL) 15.14 (Debian 15.14-0+deb12u1)": [15, 14],
  "postgres (PostgreSQL) 18.1": [18, 1],
  "postgres (PostgreSQL) 18beta1": [18, 0],
  "postgres (PostgreSQL) 19devel": [19, 0],
};

for (const [text, [major, minor]] of Object.entries(versions)) {
  Deno.test(`parseVersion: ${text}`, () => assertEquals(parseVersion(text), { Maj: major, Min: minor }));
}

Deno.test("parseVersion refuses anything else", () => {
  assertThrows(() => parseVersion("hello"), BinariesError, "hello");
});

const CONTROL_DATA = `
pg_control version number:            1300
Database system identifier:           7572222222222222227
Database cluster state:               shut down in recovery
Latest checkpoint location:           0/5000060
Latest checkpoint's REDO location:    0/5000028
Latest checkpoint's TimeLineID:       3
Minimum recovery ending location:     0/50001A8
Min recovery ending loc's timeline:   3
wal_level setting:                    replica
wal_log_hints setting:                on
max_connections setting:              100
max_worker_processes setting:         8
max_wal_senders setting:              47
max_prepared_xacts setting:           0
max_locks_per_xact setting:           64
Bytes per WAL segment:                67108864
Data page checksum version:           1
`;

Deno.test("parseControlData keeps the identifier exact", () => {
  const control = parseControlData(CONTROL_DATA);
  assertEquals(control.systemId, "7572222222222222227");
  assertEquals([control.cleanlyStopped, control.wasStandby], [true, true]);
  assertEquals([control.timelineID, control.redo, control.minimumRecoveryEnd], [3, 0x5000028n, 0x50001a8n]);
  assertEquals([control.segmentBytes, control.dataChecksums], [67108864n, true]);
  assertEquals(control.minimumParameters["max_locks_per_transaction"], "64");
});

Deno.test("parseControlData knows the older labels", () => {
  const older = CONTROL_DATA.replaceAll(/^(wal|max)(.*setting)/gm, "Current $1$2");
  assertEquals(parseControlData(older), parseControlData(CONTROL_DATA));
});

Deno.test("parseControlData names the line that is missing", () => {
  assertThrows(
    () => parseControlData("Database cluster state: x"),
    ControlDataError,
    "Database system identifier",
  );
});

Deno.test("parseCopyProgress reads progress and nothing else", () => {
  assertEquals(parseCopyProgress(" 1000/22845 kB (4%), 0/1 tablespace (...ata/base/1/1255)"), {
    doneBytes: 1_024_000,
    totalBytes: 23_393_280,
    percent: 4,
  });
  assertEquals(parseCopyProgress("pg_basebackup: error: could not connect"), undefined);
});

Deno.test("parseLastRecord takes the last complete line", () => {
  const text =
    `rmgr: XLOG        len (rec/tot):    114/   114, tx:          0, lsn: 0/02000028, prev 0/01FFFFB0, desc: CHECKPOINT_SHUTDOWN redo 0/2000028
rmgr: XLOG        len (rec/tot):     24/    24, tx:          0, lsn: 0/020000A0, prev 0/02000028, desc: SWITCH 
`;
  assertEquals(parseLastRecord(text), { start: 0x20000a0n, lengthBytes: 24n, isSwitch: true });
  assertEquals(parseLastRecord(text.split("\n")[0] ?? "")?.isSwitch, false as boolean | undefined);
  assertEquals(parseLastRecord("nothing"), undefined);
});

Deno.test("placeholders of commands", () => {
  assertEquals(
    expandArchiveCommand("cp %p /a/%f && echo 100%% %x", "0001"),
    "cp pg_wal/0001 /a/0001 && echo 100% %x",
  );
  assertEquals(expandDataRestoreCommand("tar -C '%d' # 5%% %p", "/a b"), "tar -C '/a b' # 5% %p");
});
