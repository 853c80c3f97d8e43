import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdtempSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { FarmUnderTest } from "../../e2e/support/farm-under-test";
import type { ThrowAwayUser } from "../../support/throw-away-user";

/** Below the user's home. */
const TOOLS = "toolchain";

/** A farm all commands of which another user runs, with a Pulumi home and a state of that user's own. */
export class FarmOfUser extends FarmUnderTest {
  constructor(readonly user: ThrowAwayUser) {
    super(mkdtempSync(join(tmpdir(), "guest-farm-state-")));
    installPulumi(user);
  }

  override environment(): NodeJS.ProcessEnv {
    const { name, home } = this.user;
    const { PATH = "", LANG } = process.env;
    const { PULUMI_BACKEND_URL, PULUMI_CONFIG_PASSPHRASE, PULUMI_SKIP_UPDATE_CHECK, TMPDIR } =
      super.environment();
    const ours = { PULUMI_BACKEND_URL, PULUMI_CONFIG_PASSPHRASE, PULUMI_SKIP_UPDATE_CHECK, TMPDIR };
    return { PATH: [join(home, TOOLS, "bin"), PATH].join(delimiter), LANG, HOME: home, USER: name, ...ours };
  }

  protected override runsAs() {
    const { uid, gid } = this.user;
    // What the test has written since the last command is its own.
    execFileSync("chown", ["--recursive", "--no-dereference", `${uid}:${gid}`, this.folder, this.state]);
    return { uid, gid };
  }
}

/** What whoever runs the tests has of Pulumi may be where nobody else can read: the user gets a copy. */
function installPulumi({ uid, gid, home }: ThrowAwayUser): void {
  const { stdout } = spawnSync("sh", ["-c", 'readlink -f -- "$(command -v pulumi)"'], { encoding: "utf8" });
  const programs = dirname(stdout.trim());
  const plugins = join(process.env.PULUMI_HOME ?? join(homedir(), ".pulumi"), "plugins");
  copy(programs, join(home, TOOLS, "bin"));
  // Beside the programs of our own toolchain; the vendor's has none.
  copy(join(programs, "..", "engine"), join(home, TOOLS, "engine"));
  copy(plugins, join(home, ".pulumi", "plugins"));
  execFileSync("chown", ["--recursive", `${uid}:${gid}`, join(home, TOOLS), join(home, ".pulumi")]);
}

function copy(from: string, to: string): void {
  if (existsSync(from)) cpSync(from, to, { recursive: true });
}
