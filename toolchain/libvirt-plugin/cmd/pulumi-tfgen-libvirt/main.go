// Command pulumi-tfgen-libvirt writes the schema of the Pulumi plugin `libvirt`.
package main

import (
	libvirt "guest-farm/toolchain/libvirt-plugin"

	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfgen"
)

func main() { tfgen.Main("libvirt", libvirt.Version, libvirt.Provider()) }
