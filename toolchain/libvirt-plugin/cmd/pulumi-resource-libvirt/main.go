// Command pulumi-resource-libvirt is the Pulumi plugin `libvirt`.
package main

import (
	_ "embed"

	libvirt "guest-farm/toolchain/libvirt-plugin"

	tflibvirt "github.com/dmacvicar/terraform-provider-libvirt/libvirt"
	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge"
)

// schema is written by pulumi-tfgen-libvirt.
//
//go:embed schema.json
var schema []byte

func main() {
	defer tflibvirt.CleanupLibvirtConnections()
	tfbridge.Main("libvirt", libvirt.Version, libvirt.Provider(), schema)
}
