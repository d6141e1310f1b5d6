#!/usr/bin/env bash
# Runs the contract tests of the blob stores and of files on a real Ceph object gateway, on loopback, in a temporary
# folder. As root on Debian: the packages are installed when they are missing. Takes two minutes; nothing stays behind.
set -euo pipefail
cd "$(dirname "$0")/.."
PATH=$PWD/node_modules/.bin:$PATH

packages=(ceph-mon ceph-mgr ceph-osd radosgw ceph-base)
missing=()
for package in "${packages[@]}"; do
  dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
done
if [ "${#missing[@]}" -gt 0 ]; then
  [ "$(id -u)" = 0 ] || { echo "install ${missing[*]}, or run this as root"; exit 1; }
  # The services that the packages bring are not to be started: what runs here belongs to this script alone.
  policy=/usr/sbin/policy-rc.d
  if [ ! -e "$policy" ]; then
    trap 'rm -f "$policy"' EXIT
    printf '#!/bin/sh\nexit 101\n' >"$policy" && chmod 755 "$policy"
  fi
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
  # With what the trap above would remove, should it be there.
  if [ -n "$(trap -p EXIT)" ]; then rm -f "$policy"; fi
fi

dir=$(mktemp -d /tmp/cloudlet-ceph-XXXXXX)
started=()
cleanup() {
  code=$?
  trap - EXIT INT TERM
  # The gateway first, the monitor last: each wants to say goodbye to the one before.
  for ((index = ${#started[@]} - 1; index >= 0; index--)); do
    kill -TERM "${started[index]}" 2>/dev/null || true
  done
  for pid in "${started[@]}"; do
    for _ in $(seq 50); do kill -0 "$pid" 2>/dev/null || break; sleep 0.1; done
    kill -KILL "$pid" 2>/dev/null || true
    wait "$pid" 2>/dev/null || true
  done
  if [ "$code" != 0 ]; then tail -n 20 "$dir"/*.log 2>/dev/null || true; fi
  rm -rf "$dir"
  exit "$code"
}
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

ports=($(node -e '
  const { createServer } = require("node:net")
  const servers = Array.from({ length: 3 }, () => createServer().listen(0, "127.0.0.1"))
  setTimeout(() => { for (const s of servers) { console.log(s.address().port); s.close() } }, 200)'))
monitor="[v2:127.0.0.1:${ports[0]},v1:127.0.0.1:${ports[1]}]"
gateway=${ports[2]}
fsid=$(cat /proc/sys/kernel/random/uuid)
export CEPH_CONF=$dir/ceph.conf

# One of each, everything in memory.
cat >"$CEPH_CONF" <<EOF
[global]
fsid = $fsid
mon host = $monitor
mon initial members = a
public addr = 127.0.0.1
cluster addr = 127.0.0.1
ms bind ipv6 = false
run dir = $dir
log file = $dir/\$name.log
admin socket = $dir/\$name.asok
pid file = $dir/\$name.pid
crash dir = $dir/crash
keyring = $dir/keyring
mon data = $dir/mon
mgr data = $dir/mgr
osd data = $dir/osd
rgw data = $dir/rgw
osd objectstore = memstore
memstore device bytes = 4294967296
osd crush chooseleaf type = 0
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 8
osd pool default pgp num = 8
osd pool default pg autoscale mode = off
mon allow pool size one = true
mon warn on pool no redundancy = false
mon max pg per osd = 1000
mgr initial modules =
rgw bucket quota ttl = 0
rgw user quota bucket sync interval = 0
rgw dynamic resharding = false
EOF
mkdir -p "$dir"/{mon,mgr,osd,rgw,crash}

start() {
  "$@" >>"$dir/out.log" 2>&1 &
  started+=($!)
}
# Waits for a command to succeed, as long as everything that was started runs.
await() {
  for _ in $(seq 120); do
    timeout 10 "$@" >/dev/null 2>&1 && return
    for pid in "${started[@]}"; do kill -0 "$pid" 2>/dev/null || { echo "something has ended early"; return 1; }; done
    sleep 0.5
  done
  echo "gave up on: $*"
  return 1
}

echo "== a Ceph cluster of one in $dir"
monmaptool --create --fsid "$fsid" --addv a "$monitor" "$dir/monmap" >/dev/null
everything=(--cap mon 'allow *' --cap osd 'allow *' --cap mgr 'allow *')
ceph-authtool --create-keyring "$dir/keyring" --gen-key -n client.admin "${everything[@]}" >/dev/null
ceph-authtool "$dir/keyring" --gen-key -n mon. --cap mon 'allow *' >/dev/null
ceph-mon --mkfs -i a --monmap "$dir/monmap" --keyring "$dir/keyring"
start ceph-mon -f -i a
await ceph --connect-timeout 5 status
for name in mgr.x osd.0 client.rgw; do
  ceph auth get-or-create "$name" mon 'allow *' osd 'allow *' mgr 'allow *' >>"$dir/keyring"
done
start ceph-mgr -f -i x
osd=$(cat /proc/sys/kernel/random/uuid)
ceph osd new "$osd" >/dev/null
ceph-osd --mkfs -i 0 --osd-uuid "$osd" >>"$dir/out.log" 2>&1
start ceph-osd -f -i 0
await sh -c 'ceph osd stat | grep -q "1 up"'
key=test$RANDOM$RANDOM secret=$(head -c 20 /dev/urandom | od -An -tx1 | tr -d ' \n')
radosgw-admin user create --uid=cloudlet --display-name=Cloudlet --access-key="$key" --secret-key="$secret" >>"$dir/out.log" 2>&1
start radosgw -f -n client.rgw --keyring="$dir/keyring" --rgw-frontends="beast endpoint=127.0.0.1:$gateway"
await curl -fsS -o /dev/null "http://127.0.0.1:$gateway/"

echo "== buckets"
endpoint=http://127.0.0.1:$gateway key=$key secret=$secret node --input-type=module -e '
  import { CreateBucketCommand, S3Client } from "@aws-sdk/client-s3"
  const { endpoint, key: accessKeyId, secret: secretAccessKey } = process.env
  const client = new S3Client({ endpoint, region: "us-east-1", forcePathStyle: true, credentials: { accessKeyId, secretAccessKey } })
  for (const Bucket of ["cloudlet", "full"]) await client.send(new CreateBucketCommand({ Bucket }))'
radosgw-admin quota set --quota-scope=bucket --bucket=full --max-size=1M >>"$dir/out.log" 2>&1
radosgw-admin quota enable --quota-scope=bucket --bucket=full >>"$dir/out.log" 2>&1
ceph --version

echo "== tests"
export CLOUDLET_TEST_S3="http://$key:$secret@127.0.0.1:$gateway/cloudlet?quota=full"
if [ $# = 0 ]; then set -- contract/blobs contract/files-everywhere contract/nodes; fi
timeout 400 node scripts/test.ts "$@"
