import { join } from "node:path";
import { loadCompiled } from "./compiled-code";

const { run } = loadCompiled(join(__dirname, "supervisor-bundle.js")) as typeof import("./supervisor-run");
run();
