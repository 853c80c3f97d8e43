import type { z } from "zod";
import { formatMistake, type Mistake } from "../../definitions/user-error";
import type { HypervisorHost } from "../../hypervisor/host";
import type { HypervisorSpec } from "../../hypervisor/spec";
import {
  changedKeys,
  checkInputs,
  hasUnknown,
  parseInputs,
  type Properties,
  type ResourceHandler,
} from "../resource-handler";
import { progressOf } from "../progress";
import { type Placeholder, staged } from "../staged";
import { TakenOver } from "./taken-over";
import { lookOnHost, removeFromHost, withHost } from "./with-host";

/** Something that libvirt keeps a definition of, and how it is made, looked at, changed and removed. */
export interface LibvirtObject<Spec> {
  readonly schema: z.ZodObject<z.ZodRawShape> & z.ZodType<Spec>;
  diff(before: Spec, after: Spec): Difference;
  /** Properties that a preview takes for changed, and the object for replaced, while they are not known. */
  readonly replacedByUnknown?: readonly (keyof Spec & string)[];
  create(host: HypervisorHost, spec: Spec): Promise<{ readonly uuid: string }>;
  /** Null: there is none that is ours. */
  read(host: HypervisorHost, spec: Spec): Promise<{ readonly uuid: string; readonly spec: Spec } | null>;
  update(host: HypervisorHost, before: Spec, after: Spec): Promise<{ readonly uuid: string }>;
  delete(host: HypervisorHost, spec: Spec): Promise<void>;
  /** What must not become of one that is there. Default: nothing. */
  refuse?(before: Spec, after: Spec): (Mistake & { readonly property: keyof Spec & string }) | null;
  /** What it needs of an earlier stage. Default: nothing. */
  readonly missing?: Placeholder["missing"];
}

type ReadResult = Awaited<ReturnType<ResourceHandler["read"]>>;

const pick = (props: Properties, keys: readonly string[]): Properties =>
  Object.fromEntries(keys.flatMap((key) => (key in props ? [[key, props[key]] as const] : [])));

interface Difference {
  readonly changes: readonly {
    readonly property: PropertyKey;
    readonly effect: "in place" | "replace";
    /** For people; holds no secret. */
    readonly reason: string;
  }[];
  readonly deleteBeforeReplace: boolean;
}

/**
 * The handler of a resource whose inputs are the specification of a libvirt object, and whose output is its UUID.
 * @param tell shows why an object is replaced, which Pulumi's display of a difference has no place for
 */
export function libvirtObjectHandler<
  Spec extends { readonly hypervisor: HypervisorSpec; readonly name: string },
>(
  object: LibvirtObject<Spec>,
  tell: (text: string) => void = (text) => progressOf("").note(text),
): ResourceHandler {
  const keys = Object.keys(object.schema.shape);
  const taken = new TakenOver();
  const specOf = (props: Properties): Spec => parseInputs(object.schema, props, keys);
  const handler: ResourceHandler = {
    check: (olds, news) => {
      const checked = checkInputs(object.schema, news);
      if (checked.failures !== undefined || hasUnknown(news)) return Promise.resolve(checked);
      const before = object.schema.safeParse(pick(olds, keys));
      const refused = before.success ? object.refuse?.(before.data, specOf(news)) : null;
      if (refused === null || refused === undefined) return Promise.resolve(checked);
      return Promise.resolve({ failures: [{ property: refused.property, reason: formatMistake(refused) }] });
    },

    // The engine asks again when all is known.
    diff: (_id, olds, news) => {
      if (hasUnknown(news)) {
        const replaces = (object.replacedByUnknown ?? []).filter((key) => hasUnknown(news[key]));
        const changes = changedKeys(olds, news, keys).length > 0;
        return Promise.resolve({ changes, replaces, deleteBeforeReplace: replaces.length > 0 });
      }
      const before = specOf(olds);
      const { changes, deleteBeforeReplace } = object.diff(before, specOf(news));
      const replacing = changes.filter(({ effect }) => effect === "replace");
      const replaces = replacing.map(({ property }) => String(property));
      if (replacing.length > 0) {
        tell(`${before.name} is made anew: ${replacing.map(({ reason }) => reason).join("; ")}`);
      }
      return Promise.resolve({ changes: changes.length > 0, replaces, deleteBeforeReplace });
    },

    create: (inputs) => {
      const spec = specOf(inputs);
      return withHost(spec.hypervisor, async (host) => {
        const { uuid } = await object.create(host, spec);
        taken.note(spec, uuid);
        return { id: spec.name, outs: { ...inputs, uuid } };
      });
    },

    read: (id, props) => {
      const spec = specOf(props);
      const read = lookOnHost<ReadResult>(spec.hypervisor, { id, props }, async (host) => {
        const found = await object.read(host, spec);
        if (found === null) return {};
        const observed = { ...props, ...found.spec };
        const drifted = changedKeys(props, observed, keys).length > 0;
        const inputs = Object.fromEntries(Object.entries(observed).filter(([key]) => key !== "uuid"));
        return { id, props: { ...observed, uuid: found.uuid }, ...(drifted ? { inputs } : {}) };
      });
      return read.then((found) => found ?? {});
    },

    update: (_id, olds, news) => {
      const spec = specOf(news);
      return withHost(spec.hypervisor, async (host) => {
        const { uuid } = await object.update(host, specOf(olds), spec);
        return { outs: { ...news, uuid } };
      });
    },

    delete: (_id, props) => {
      const spec = specOf(props);
      if (taken.has(spec, props["uuid"])) {
        tell(`${spec.name} stays: another resource of this update has taken it over`);
        return Promise.resolve();
      }
      return removeFromHost(spec.hypervisor, (host) => object.delete(host, spec));
    },
  };
  const { missing } = object;
  return staged(handler, {
    inputs: object.schema,
    id: ({ name }) => String(name),
    outs: { uuid: "" },
    ...(missing === undefined ? {} : { missing }),
  });
}
