import * as pulumi from "@pulumi/pulumi";
import { runFarm } from "guest-farm/program";

/** The program of every ready stack: stack `X` is the farm of `stacks/X/farm.yaml`. */
export = () => runFarm({ programFolder: __dirname, stack: pulumi.getStack() });
