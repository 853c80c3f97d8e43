import { diffNetwork } from "../../hypervisor/networks/diff";
import { createNetwork, deleteNetwork, readNetwork, updateNetwork } from "../../hypervisor/networks/networks";
import { NetworkSpec } from "../../hypervisor/networks/spec";
import { libvirtObjectHandler } from "./libvirt-object";

export const handler = libvirtObjectHandler<NetworkSpec>({
  schema: NetworkSpec,
  diff: diffNetwork,
  create: createNetwork,
  read: readNetwork,
  update: updateNetwork,
  delete: deleteNetwork,
});
