// Command pulumi-resource-libvirt is the Pulumi plugin `libvirt`.
package main

import (
	"context"
	_ "embed"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"time"

	libvirt "guest-farm/toolchain/libvirt-plugin"

	tflibvirt "github.com/dmacvicar/terraform-provider-libvirt/libvirt"
	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge"
	"github.com/pulumi/pulumi/pkg/v3/resource/provider"
	"github.com/pulumi/pulumi/sdk/v3/go/common/util/rpcutil"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc"
)

// schema is written by pulumi-tfgen-libvirt.
//
//go:embed schema.json
var schema []byte

// engineCheck is how often the plugin looks whether its engine answers.
const engineCheck = 5 * time.Minute

func main() {
	if err := serve(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// serve does what tfbridge.Main does, which has no place for who may connect.
func serve() error {
	defer tflibvirt.CleanupLibvirtConnections()
	flags := flag.NewFlagSet("pulumi-resource-libvirt", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	version := flags.Bool("version", false, "print the plugin's version")
	flags.String("tracing", "", "accepted and not used")
	if err := flags.Parse(os.Args[1:]); err != nil {
		return err
	}
	if *version {
		fmt.Println(libvirt.Version)
		return nil
	}
	info := libvirt.Provider()
	ctx := context.Background()
	info.P.InitLogging(ctx)

	engine := flags.Arg(0)
	if engine == "" {
		return errors.New("usage: pulumi-resource-libvirt ENGINE (the engine starts it)")
	}
	host, err := provider.NewHostClient(engine)
	if err != nil {
		return fmt.Errorf("the engine at %s cannot be reached: %w", engine, err)
	}
	gone, engineGone := context.WithCancel(ctx)
	cancel := make(chan bool)
	go func() { <-gone.Done(); close(cancel) }()
	if err := rpcutil.Healthcheck(gone, engine, engineCheck, engineGone); err != nil {
		return fmt.Errorf("the engine at %s cannot be watched: %w", engine, err)
	}
	handle, err := rpcutil.ServeWithOptions(rpcutil.ServeOptions{
		Cancel: cancel,
		Init: func(server *grpc.Server) error {
			plugin := tfbridge.NewProvider(ctx, host, "libvirt", libvirt.Version, info.P, info, schema)
			pulumirpc.RegisterResourceProviderServer(server, plugin)
			return nil
		},
		Options: refuseForeignPeers(),
	})
	if err != nil {
		return err
	}
	fmt.Println(handle.Port)
	return <-handle.Done
}
