// Package libvirt is the Terraform provider dmacvicar/terraform-provider-libvirt as a Pulumi provider.
package libvirt

import (
	_ "embed"

	tflibvirt "github.com/dmacvicar/terraform-provider-libvirt/libvirt"
	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge"
	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge/tokens"
	shimv2 "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfshim/sdk-v2"
)

// Version is that of the Terraform provider, and of the package @pulumi/libvirt.
const Version = "0.8.3"

// longestName is the longest name that Pulumi gives to what the user has not named.
const longestName = 255

//go:embed cmd/pulumi-resource-libvirt/bridge-metadata.json
var metadata []byte

// Provider maps the resources and functions of the Terraform provider to Pulumi's.
func Provider() tfbridge.ProviderInfo {
	info := tfbridge.ProviderInfo{
		P:           shimv2.NewProvider(tflibvirt.Provider()),
		Name:        "libvirt",
		Version:     Version,
		DisplayName: "libvirt",
		Description: "Resources of libvirt: pools, volumes, networks, domains.",
		License:     "Apache-2.0",
		Repository:  "https://github.com/dmacvicar/terraform-provider-libvirt",
		GitHubOrg:   "dmacvicar",
		// The documentation of the Terraform provider is not part of its Go module.
		UpstreamRepoPath: "-",
		MetadataInfo:     tfbridge.NewProviderMetadata(metadata),
		Resources: map[string]*tfbridge.ResourceInfo{
			"libvirt_cloudinit_disk": {Tok: "libvirt:index/cloudInitDisk:CloudInitDisk"},
		},
		JavaScript: &tfbridge.JavaScriptInfo{PackageName: "@pulumi/libvirt", RespectSchemaVersion: true},
	}
	info.MustComputeTokens(tokens.SingleModule("libvirt_", "index", tokens.MakeStandard("libvirt")))
	info.SetAutonaming(longestName, "-")
	return info
}
