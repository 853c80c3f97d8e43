"use strict";

const command = require("@pulumi/command");

const create = process.env.SLEEP ? `touch $WORK/started; exec sleep ${process.env.SLEEP}` : "echo done";
new command.local.Command("work", { create });
