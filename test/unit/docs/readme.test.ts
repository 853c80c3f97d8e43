import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import * as ts from "typescript";
import { parse } from "yaml";

const REPOSITORY = resolve(__dirname, "../../..");
const read = (path: string) => readFileSync(join(REPOSITORY, path), "utf8");
const README = read("README.md");

/** The code blocks of a page, by language. */
function blocks(page: string, language: string): string[] {
  return [...page.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, "gms"))].map(
    ([, text = ""]) => text,
  );
}

describe("README", () => {
  it("shows the quickstart's own files", () => {
    const [farm, main] = blocks(README, "yaml").map((text) => parse(text) as unknown);
    assert.deepEqual(farm, parse(read("stacks/quickstart/farm.yaml")));
    assert.deepEqual(main, parse(read("stacks/quickstart/phases/main.yaml")));
  });

  it("has a program that compiles against the components", function () {
    this.timeout(60_000);
    const [text = ""] = blocks(README, "ts");
    const file = join(REPOSITORY, "test/unit/docs/program-of-the-readme.ts");
    const options: ts.CompilerOptions = {
      strict: true,
      noEmit: true,
      skipLibCheck: true,
      target: ts.ScriptTarget.ES2022,
      module: ts.ModuleKind.Node16,
      moduleResolution: ts.ModuleResolutionKind.Node16,
      types: ["node"],
      paths: { "guest-farm": [join(REPOSITORY, "components/index.ts")] },
    };
    const host = ts.createCompilerHost(options);
    const onDisk = host.getSourceFile.bind(host);
    host.getSourceFile = (name, ...rest) =>
      name === file ? ts.createSourceFile(name, text, ts.ScriptTarget.ES2022, true) : onDisk(name, ...rest);
    host.fileExists = (name) => name === file || ts.sys.fileExists(name);
    const program = ts.createProgram([file], options, host);
    const found = ts.getPreEmitDiagnostics(program, program.getSourceFile(file));
    assert.deepEqual(
      found.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, "\n")),
      [],
    );
    assert.match(text, /from "guest-farm"/);
  });

  it("names make targets that there are", () => {
    const makefile = read("Makefile");
    for (const [, target = ""] of README.matchAll(/`?\bmake ([a-z]+)\b(?! [a-z]+s? of)/g)) {
      assert.match(makefile, new RegExp(`^(${target}:|STACK_COMMANDS.*\\b${target}\\b)`, "m"), target);
    }
  });
});

describe("links", () => {
  for (const page of [
    "README.md",
    ...["ci", "components", "concepts", "dependencies", "farm-file", "phase-file", "results", "settings"].map(
      (name) => `docs/${name}.md`,
    ),
    "docs/troubleshooting.md",
  ]) {
    it(`of ${page} lead somewhere`, () => {
      const text = read(page);
      for (const [, link = ""] of text.matchAll(/\]\(([^)#\s]+)?(?:#[^)]*)?\)/g)) {
        if (link === "" || /^[a-z]+:/.test(link)) continue;
        assert.ok(existsSync(join(REPOSITORY, dirname(page), link)), `${page}: ${link}`);
      }
    });
  }
});
