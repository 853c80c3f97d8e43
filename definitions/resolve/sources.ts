import { posix } from "node:path";
import { BUILT_IN_PLATFORMS } from "../builtin/platforms";
import { BUILT_IN_TARGETS } from "../builtin/targets";
import type { Mistakes } from "../source/mistakes";
import { asMap, mapNodeOf, nodeOf, type MapNode, type SourceNode } from "../source/node";
import { parseYamlFile } from "../source/yaml-file";
import { addDefinition, Library } from "./library";

/** The farm file and what lies beside it, as text. */
export interface FarmFiles {
  readonly farmFile: { readonly name: string; readonly text: string };
  /** Text by path relative to the farm file's folder: `platforms/debian_12.yaml`, `templates/default.xml`. */
  readonly files: Readonly<Record<string, string>>;
}

/** A file that is read as text. */
export interface TextFile {
  /** As messages name it. */
  readonly name: string;
  readonly text: string;
}

/** Everything that was written, parsed but not merged. */
export interface FarmSources {
  readonly farm: MapNode;
  readonly platforms: Library;
  readonly targets: Library;
  readonly images: Library;
  readonly projects: ReadonlyMap<string, MapNode>;
  /** Domain templates by name. */
  readonly templates: ReadonlyMap<string, TextFile>;
  /** Templates of networks by name. */
  readonly networkTemplates: ReadonlyMap<string, TextFile>;
}

/** Parses all files; those that are not YAML are mistakes. */
export function readSources(input: FarmFiles, mistakes: Mistakes): FarmSources {
  const farmYaml = mistakes.attempt(() => parseYamlFile(input.farmFile.name, input.farmFile.text));
  const emptyFile = { name: input.farmFile.name, builtIn: true } as const;
  if (farmYaml !== undefined && (typeof farmYaml.value !== "object" || Array.isArray(farmYaml.value))) {
    mistakes.add({
      file: farmYaml.name,
      line: 1,
      column: 1,
      what: "is not a farm file",
      allowed: "a map with guests",
    });
  }
  const farm = mapNodeOf(farmYaml?.value ?? {}, { file: farmYaml ?? emptyFile, path: [] });
  refuseProto(farm, mistakes);
  const folder = (name: string) => definitionFiles(input, name, mistakes);
  const library = (what: string, builtIn: Readonly<Record<string, unknown>>) => {
    const own = new Map<string, MapNode>();
    for (const [name, node] of entriesOf(farm, `${what}s`)) addDefinition(own, name, node, what, mistakes);
    for (const [name, node] of folder(`${what}s`)) addDefinition(own, name, node, what, mistakes);
    return new Library(what, own, builtInNodes(what, builtIn), mistakes);
  };
  const projects = new Map<string, MapNode>();
  for (const [name, node] of [...entriesOf(farm, "projects"), ...folder("projects")]) {
    addDefinition(projects, name, node, "project", mistakes);
  }
  return {
    farm,
    platforms: library("platform", BUILT_IN_PLATFORMS),
    targets: library("target", BUILT_IN_TARGETS),
    images: library("image", {}),
    projects,
    templates: templatesIn("templates", input),
    networkTemplates: templatesIn("templates/networks", input),
  };
}

/** JavaScript takes this name for something else, wherever it stands: schemas do not see it. */
function refuseProto(node: SourceNode, mistakes: Mistakes): void {
  if (node.kind === "list") node.items.forEach((item) => refuseProto(item, mistakes));
  if (node.kind !== "map") return;
  for (const [key, value] of node.entries) {
    const mistake = { what: `"${key}" is no name that can be used`, remedy: "write another name" };
    if (key === "__proto__") mistakes.at(value.source, mistake, "key");
    else refuseProto(value, mistakes);
  }
}

/** The entries of a map of maps in the farm file; an entry without a value is an empty map. */
export function entriesOf(farm: MapNode, key: string): (readonly [string, MapNode])[] {
  const map = farm.entries.get(key);
  if (map?.kind !== "map") return [];
  return [...map.entries].map(([name, node]) => [name, asMap(node)] as const);
}

function definitionFiles(
  input: FarmFiles,
  folder: string,
  mistakes: Mistakes,
): (readonly [string, MapNode])[] {
  const found: (readonly [string, MapNode])[] = [];
  for (const path of Object.keys(input.files).sort()) {
    const { dir, name, ext } = posix.parse(path);
    if (dir !== folder || (ext !== ".yaml" && ext !== ".yml")) continue;
    const shown = shownName(input, path);
    const yaml = mistakes.attempt(() => parseYamlFile(shown, input.files[path] ?? ""));
    if (yaml === undefined) continue;
    if (typeof yaml.value !== "object" || Array.isArray(yaml.value)) {
      mistakes.add({ file: shown, line: 1, column: 1, what: "is not a definition", allowed: "a map" });
    }
    found.push([name, mapNodeOf(yaml.value, { file: yaml, path: [] })]);
  }
  return found;
}

/** Path of a file beside the farm file as messages name it. */
function shownName({ farmFile }: FarmFiles, path: string): string {
  return posix.join(posix.dirname(farmFile.name), path);
}

function builtInNodes(what: string, definitions: Readonly<Record<string, unknown>>): Map<string, MapNode> {
  const nodes = Object.entries(definitions).map(([name, value]) => {
    const file = { name: `built-in ${what} ${name}`, builtIn: true } as const;
    return [name, asMap(nodeOf(value, { file, path: [] }))] as const;
  });
  return new Map(nodes);
}

function templatesIn(folder: string, input: FarmFiles): Map<string, TextFile> {
  const templates = new Map<string, TextFile>();
  for (const [path, text] of Object.entries(input.files)) {
    const { dir, name, ext } = posix.parse(path);
    if (dir === folder && ext === ".xml") templates.set(name, { name: shownName(input, path), text });
  }
  return templates;
}
