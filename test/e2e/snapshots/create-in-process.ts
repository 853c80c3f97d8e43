/** A controller of its own that takes a snapshot of the guest whose specification it is given. */
import { openLocalShell } from "../../../connections/local";
import { DomainSpec } from "../../../hypervisor/domain/spec";
import { hypervisorHost } from "../../../hypervisor/host";
import { createSnapshotStore } from "../../../hypervisor/snapshots/store";

const spec = DomainSpec.parse(JSON.parse(process.argv[2] ?? ""));
const store = createSnapshotStore(hypervisorHost(spec.hypervisor, openLocalShell()), spec, {
  strategy: "saved",
});

void store.create({
  kind: "init",
  name: "p.1.init",
  project: "p",
  revision: "1",
  key: null,
  token: "killed",
});
