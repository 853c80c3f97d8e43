import { superviseProcess } from "./supervisor";
import { openRooms } from "./wiring";

void superviseProcess(openRooms);
