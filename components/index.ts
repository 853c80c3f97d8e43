/** What a Pulumi program imports from `guest-farm`. */
export { BaseImage, type BaseImageArgs, type BaseImageFacts } from "./base-image";
export { CleanSnapshot, type CleanSnapshotArgs } from "./clean-snapshot";
export { defineGuest, type GuestItem } from "./define-guest";
export { Farm, type FarmArgs } from "./farm";
export { FarmProject, type FarmProjectArgs } from "./farm-project";
export { Guest, type GuestArgs } from "./guest";
export { GuestHandle, GuestReference, type GuestReferenceArgs } from "./guest-reference";
export { Hypervisor, type HypervisorArgs } from "./hypervisor";
export { InitSnapshot, type InitSnapshotArgs } from "./init-snapshot";
export type { ProjectArgs } from "./project/project-args";
export { ProvisionedGuest, type ProvisionedGuestArgs } from "./provisioned-guest";
export { Network, type NetworkArgs } from "../providers/network";
export type { PlacedGuest } from "../definitions/placement/place-farm";
export type { ImageDefinition } from "../definitions/images";
export type { GuestSettings } from "../definitions/resolved";
export type { HostConnectionSpec, HypervisorSpec } from "../hypervisor/spec";
