#!/bin/sh
# Process 1 of the node's network, mount and process namespaces: init.sh STATE/. It makes them a machine of their own,
# says so by creating STATE/inside, and from then on only buries orphans. When it is killed, all that is in them ends.
set -eu
state=${1%/}

# Mounts. Nothing that is mounted here can be seen outside, and folders of the machine are covered, not written to.
mount --make-rprivate /
mkdir -p "$state/lib/kubelet" "$state/lib/containerd"
mount --bind "$state/lib" /var/lib
mount -t tmpfs -o mode=755 tmpfs /var/log
mount -t tmpfs -o mode=755 tmpfs /run
mkdir -p /run/netns /run/lock /run/sysctl

# The resolver is the node itself: see resolver.ts.
echo 'nameserver 10.0.0.10' >/run/resolv.conf
mount --bind /run/resolv.conf "$(readlink -f /etc/resolv.conf)"

# The kubelet sets these for the whole machine unless they are so already: it sees what it wants, and nothing changes.
number=0
for setting in vm/overcommit_memory=1 vm/panic_on_oom=0 kernel/panic=10 kernel/panic_on_oops=1; do
  number=$((number + 1))
  echo "${setting#*=}" >"/run/sysctl/$number"
  mount --bind "/run/sysctl/$number" "/proc/sys/${setting%=*}"
done
mount --make-rshared /

# Network. There is no way out: no uplink and no default route. Service addresses need a route, or the kernel says
# "unreachable" before kube-proxy's rules have seen the packet.
ip link set lo up
ip link add node0 type bridge
ip addr add 10.0.0.10/24 dev node0
ip link set node0 up
ip route add 10.96.0.0/16 dev node0 src 10.0.0.10
echo 1 >/proc/sys/net/ipv4/ip_forward

: >"$state/inside"
while :; do
  sleep 3600 &
  wait $! || true
done
