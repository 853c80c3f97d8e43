import { superviseProcess } from "./supervisor";
import { openRooms } from "./wiring";

/** The supervisor, as the build puts it into one file. */
export function run(): void {
  void superviseProcess(openRooms);
}
