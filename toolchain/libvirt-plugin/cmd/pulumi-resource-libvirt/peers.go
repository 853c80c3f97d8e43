package main

import (
	"context"
	"encoding/hex"
	"net"
	"os"
	"strconv"
	"strings"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/peer"
	"google.golang.org/grpc/status"
)

// Columns of the kernel's table of TCP connections.
const (
	localColumn = 1
	uidColumn   = 7
)

// refuseForeignPeers has calls of other users refused: the plugin listens on loopback, where any user of the machine
// reaches it, and any guest whose connections its hypervisor makes. Root may do all anyway.
func refuseForeignPeers() []grpc.ServerOption {
	unary := func(ctx context.Context, request any, _ *grpc.UnaryServerInfo, handle grpc.UnaryHandler) (any, error) {
		if err := checkPeer(ctx); err != nil {
			return nil, err
		}
		return handle(ctx, request)
	}
	stream := func(server any, stream grpc.ServerStream, _ *grpc.StreamServerInfo, handle grpc.StreamHandler) error {
		if err := checkPeer(stream.Context()); err != nil {
			return err
		}
		return handle(server, stream)
	}
	return []grpc.ServerOption{grpc.ChainUnaryInterceptor(unary), grpc.ChainStreamInterceptor(stream)}
}

func checkPeer(ctx context.Context) error {
	from, known := peer.FromContext(ctx)
	address, isTCP := (*net.TCPAddr)(nil), false
	if known {
		address, isTCP = from.Addr.(*net.TCPAddr)
	}
	if isTCP {
		table, err := os.ReadFile("/proc/net/tcp")
		if err != nil {
			// No Linux: nobody to ask.
			return nil
		}
		uid, found := ownerOf(string(table), address)
		if found && (uid == os.Getuid() || uid == 0) {
			return nil
		}
	}
	return status.Error(codes.PermissionDenied, "this plugin serves its own user only")
}

// ownerOf says whose the socket at an IPv4 address of this machine is, by the text of /proc/net/tcp.
func ownerOf(table string, address *net.TCPAddr) (int, bool) {
	ip := address.IP.To4()
	if ip == nil {
		return 0, false
	}
	// The kernel writes the four bytes as one number of the machine's byte order: little-endian wherever Pulumi runs.
	reversed := []byte{ip[3], ip[2], ip[1], ip[0]}
	port := strings.ToUpper(strconv.FormatInt(int64(address.Port), 16))
	local := strings.ToUpper(hex.EncodeToString(reversed)) + ":" + strings.Repeat("0", 4-len(port)) + port
	for _, line := range strings.Split(table, "\n") {
		columns := strings.Fields(line)
		if len(columns) <= uidColumn || columns[localColumn] != local {
			continue
		}
		if uid, err := strconv.Atoi(columns[uidColumn]); err == nil {
			return uid, true
		}
	}
	return 0, false
}
