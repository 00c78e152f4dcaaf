/** Steps that make the data directory the instance of a db. */
import { writeFileAtomically } from "../state/atomic_file.ts";
import { emptyDataDirectory, exists } from "../postgres/data_directory.ts";
import { superuserTarget, withSession } from "../postgres/connection.ts";
import { readFileSettings } from "../postgres/file_settings.ts";
import { initdb } from "../postgres/initdb.ts";
import { restoreBackup as restore } from "../postgres/restore_backup.ts";
import { setUpRoles as setRoles } from "../postgres/roles.ts";
import { type Executor, goalOf } from "./context.ts";

export const beginInitialisation: Executor<"beginInitialisation"> = (_step, context) => {
  const { place } = context;
  place.takenOver = null;
  place.files.writeDbState({
    UID: goalOf(context).db.uid,
    Generation: 0,
    Initializing: true,
    InitPGParameters: null,
  });
};

export const completeInitialisation: Executor<"completeInitialisation"> = (_step, context) => {
  const { place } = context;
  const uid = goalOf(context).db.uid;
  place.files.writeDbState({
    UID: uid,
    Generation: 0,
    Initializing: false,
    InitPGParameters: place.takenOver,
  });
  place.takenOver = null;
  place.memory.endTrial();
  place.log.info("the data directory is now the instance of the db", { db: uid });
};

export const saveGeneration: Executor<"saveGeneration"> = ({ generation }, { place }) => {
  const state = place.files.readDbState();
  if (state === undefined) throw new Error("saving the generation: dbstate has gone");
  place.files.writeDbState({ ...state, Generation: generation });
  place.log.info("generation reached", { db: state.UID, generation });
  place.onNews("generation reached");
};

export const clearDirectory: Executor<"clearDirectory"> = async (_step, { place }) => {
  place.log.info("emptying the PostgreSQL data directory", { directory: place.instance.dataDirectory });
  await emptyDataDirectory(place.instance);
};

export const runInitdb: Executor<"runInitdb"> = async ({ newConfig }, { place, signal }) => {
  place.log.info("initialising a new instance");
  await initdb(place.instance, { config: newConfig, signal });
};

export const setUpRoles: Executor<"setUpRoles"> = async (_step, { place, signal, requestTimeoutMs }) => {
  const changes = await setRoles(place.instance, { timeoutMs: requestTimeoutMs, signal });
  for (const change of changes) {
    place.log.info(
      change,
      change === "replication role created" ? { role: place.instance.replication.name } : undefined,
    );
  }
};

export const restoreBackup: Executor<"restoreBackup"> = async ({ command }, { place, signal }) => {
  place.log.info("restoring the backup");
  await restore(place.instance, { command, signal });
};

const REPLACED_FILES = ["postgresql.conf", "postgresql.auto.conf", "pg_hba.conf"];

export const keepOriginalFiles: Executor<"keepOriginalFiles"> = async (_step, { place }) => {
  for (const name of REPLACED_FILES) {
    const path = `${place.instance.dataDirectory}/${name}`;
    if (await exists(`${path}.original`) || !await exists(path)) continue;
    writeFileAtomically(`${path}.original`, await Deno.readTextFile(path));
  }
};

export const takeOverParameters: Executor<"takeOverParameters"> = async (_step, context) => {
  const { place, signal, requestTimeoutMs } = context;
  const options = { timeoutMs: requestTimeoutMs, signal };
  const { fileParameters } = await withSession(superuserTarget(place.instance), options, readFileSettings);
  place.takenOver = fileParameters;
};
