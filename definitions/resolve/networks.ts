import type { z } from "zod";
import { usedPlaceholders } from "../domain-template";
import { nearestName, oneOf } from "../nearest";
import type { ResolvedNetwork } from "../resolved";
import { NetworkDefinition } from "../schemas/farm";
import type { Mistakes } from "../source/mistakes";
import { plainOf, type MapNode } from "../source/node";
import { sourceAt } from "./check-layer";
import { checkSharedNetworks } from "./shared-networks";
import { entriesOf, type TextFile } from "./sources";

/** The networks that a farm declares. */
export function resolveNetworks(
  farm: MapNode,
  hypervisors: readonly string[],
  templates: ReadonlyMap<string, TextFile>,
  mistakes: Mistakes,
): ResolvedNetwork[] {
  const networks = entriesOf(farm, "networks").flatMap(([name, node]): readonly ResolvedNetwork[] => {
    const parsed = NetworkDefinition.safeParse(plainOf(node));
    if (!parsed.success) return [];
    const definition = parsed.data;
    definition.hypervisors?.forEach((hypervisor, index) => {
      if (hypervisors.includes(hypervisor)) return;
      const nearest = nearestName(hypervisor, hypervisors);
      mistakes.at(sourceAt(node, ["hypervisors", index]), {
        what: `there is no hypervisor "${hypervisor}"`,
        allowed: oneOf(hypervisors),
        remedy: nearest === undefined ? undefined : `did you mean "${nearest}"?`,
      });
    });
    checkDefinition(node, definition, templates, mistakes);
    const file = definition.template === undefined ? undefined : templates.get(definition.template);
    const network: ResolvedNetwork = {
      name,
      mode: definition.template === undefined ? (definition.mode ?? "nat") : "template",
      cidr: definition.cidr,
      bridge: definition.bridge,
      domain: definition.domain,
      autostart: definition.autostart ?? false,
      ...(file === undefined ? {} : { template: file.text }),
      hypervisors: definition.hypervisors,
    };
    return [network];
  });
  checkSharedNetworks(farm, networks, mistakes);
  return networks;
}

/** What a network needs beside each key's own kind of value. */
function checkDefinition(
  node: MapNode,
  definition: z.infer<typeof NetworkDefinition>,
  templates: ReadonlyMap<string, TextFile>,
  mistakes: Mistakes,
): void {
  const { template, mode = "nat", cidr } = definition;
  if (template === undefined) {
    if (mode === "existing" || cidr !== undefined) return;
    mistakes.at(sourceAt(node, []), {
      what: `a network of mode ${mode} needs a cidr`,
      allowed: "as cidr: 10.20.0.0/24",
      remedy: "give it one, or write mode: existing if it is there already",
    });
    return;
  }
  const file = templates.get(template);
  if (file === undefined) {
    mistakes.at(sourceAt(node, ["template"]), {
      what: `there is no network template "${template}"`,
      allowed: templates.size === 0 ? "a file of the folder templates/networks/" : oneOf(templates.keys()),
      remedy: `write templates/networks/${template}.xml beside the farm file`,
    });
  }
  const takesBridge = file !== undefined && usedPlaceholders(file.text).some(({ name }) => name === "bridge");
  const elsewhere = takesBridge ? IN_TEMPLATE : [...IN_TEMPLATE, "bridge" as const];
  for (const key of elsewhere.filter((each) => definition[each] !== undefined)) {
    mistakes.at(sourceAt(node, [key]), {
      what: `a network with a template has no ${key} of its own`,
      remedy: `write it into templates/networks/${template}.xml, or leave the template out`,
    });
  }
}

/** What a template says itself. */
const IN_TEMPLATE = ["mode", "cidr", "domain"] as const;
