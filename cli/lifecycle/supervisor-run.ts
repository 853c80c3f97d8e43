import { takeAnnounced } from "./announced-inputs";
import { superviseProcess } from "./supervisor";
import { roomsFor } from "./wiring";

/** The supervisor, as the build puts it into one file. */
export function run(): void {
  void superviseProcess(roomsFor(takeAnnounced(process.env)));
}
