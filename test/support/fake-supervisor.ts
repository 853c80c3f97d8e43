import { superviseProcess } from "../../cli/lifecycle/supervisor";
import { openFakeRooms } from "./fake-rooms";

void superviseProcess(openFakeRooms);
