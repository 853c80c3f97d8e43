//go:build tools

// Package engine pins the modules that the Pulumi CLI is built from; it has no code of its own.
package engine

import _ "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"
