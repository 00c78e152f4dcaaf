/** Steps that write the files which PostgreSQL reads. */
import * as files from "../postgres/configuration_files.ts";
import { writeSignalFiles } from "../postgres/recovery_files.ts";
import type { Executor } from "./context.ts";

export const writeSignals: Executor<"writeSignals"> = ({ standby, recovery }, { place }) =>
  writeSignalFiles(place.instance.dataDirectory, { standby, recovery });

export const writeConfiguration: Executor<"writeConfiguration"> = ({ parameters, prunedFrom }, { place }) => {
  files.writeConfiguration(place.instance.dataDirectory, parameters);
  place.writtenParameters = parameters;
  place.memory.reloadPending = true;
  place.memory.prunedConfiguration = prunedFrom;
  place.memory.nudges.renew();
};

export const writeHba: Executor<"writeHba"> = ({ lines }, { place }) => {
  files.writeHba(place.instance.dataDirectory, lines);
  place.memory.reloadPending = true;
};
