#!/bin/sh
# Makes the few small images that the examples and tests use, under their real names, from Debian's busybox-static:
#   scripts/make-images.sh [OUT-DIR [tests]]          (default: ./images; `tests`: those of Kubernetes' own tests as well)
# Writes one docker archive an image (load them with `coxswain image load OUT-DIR/*.tar`). For machines without a
# registry; elsewhere the same names are pulled. Nothing is ever pushed. Running it again makes only what is missing.
set -eu

out=${1:-images}
mkdir -p "$out"
out=$(cd "$out" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT INT TERM

# --- busybox, static: installed, or unpacked from its package -----------------------------------------------------
is_static_busybox() {
  [ -x "$1" ] && "$1" --list 2>/dev/null | grep -qx httpd && ! ldd "$1" >/dev/null 2>&1
}
static_busybox() {
  for candidate in /bin/busybox /usr/bin/busybox; do
    if is_static_busybox "$candidate"; then echo "$candidate"; return 0; fi
  done
  command -v apt-get >/dev/null || { echo "make-images: no static busybox here and no apt-get to fetch one" >&2; return 1; }
  mkdir -p "$work/deb"
  fetch() { (cd "$work/deb" && apt-get download busybox-static >/dev/null 2>&1 && dpkg -x busybox-static_*.deb .); }
  # The package lists of a fresh machine may be missing or old.
  fetch || { apt-get update >/dev/null 2>&1; fetch; } || { echo "make-images: apt-get download busybox-static failed; install busybox-static by hand" >&2; return 1; }
  # The package has other files of that name, too.
  for candidate in "$work/deb/bin/busybox" "$work/deb/usr/bin/busybox"; do
    if is_static_busybox "$candidate"; then echo "$candidate"; return 0; fi
  done
  echo "make-images: the package busybox-static holds no busybox that runs here" >&2
  return 1
}
busybox=$(static_busybox) || exit 1
case $(uname -m) in x86_64) arch=amd64 ;; aarch64) arch=arm64 ;; armv7*) arch=arm ;; *) arch=$(uname -m) ;; esac

# --- root file systems ---------------------------------------------------------------------------------------------
base=$work/base
mkdir -p "$base/bin" "$base/usr" "$base/etc" "$base/root" "$base/var/run" "$base/tmp" "$base/home" "$base/dev" "$base/proc" "$base/sys"
chmod 1777 "$base/tmp"
cp "$busybox" "$base/bin/busybox"
chmod 755 "$base/bin/busybox"
applets=$("$busybox" --list) || exit 1
for applet in $applets; do [ "$applet" = busybox ] || ln -s busybox "$base/bin/$applet"; done
ln -s ../bin "$base/usr/bin"
ln -s ../bin "$base/usr/sbin"
ln -s bin "$base/sbin"
printf 'root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/home:/bin/false\n' >"$base/etc/passwd"
printf 'root:x:0:\nnobody:x:65534:\n' >"$base/etc/group"

# A web server with nginx's command line. busybox httpd says each request at -vv on standard error:
# "[::ffff:10.0.0.1]:4242: url:/index.html" and then "… response:200"; the pair becomes one access log line on standard output.
web() {
  mkdir -p "$1/usr/share/nginx/html" "$1/docker-entrypoint.d"
  cp "$work/nginx" "$1/bin/nginx"
  printf '<!DOCTYPE html>\n<html>\n<head><title>Welcome to nginx!</title></head>\n<body>\n<h1>Welcome to nginx!</h1>\n<p>version %s</p>\n</body>\n</html>\n' "$2" >"$1/usr/share/nginx/html/index.html"
  printf '%s\n' "$2" >"$1/etc/nginx-version"
}
cat >"$work/nginx" <<'SCRIPT'
#!/bin/sh
port=${COX_HTTP_PORT:-80}
version=$(cat /etc/nginx-version)
case "${1:-}" in
  -v|-V) echo "nginx version: nginx/$version" >&2; exit 0 ;;
  -t) echo 'nginx: configuration file /etc/nginx/nginx.conf test is successful' >&2; exit 0 ;;
esac
rm -f /tmp/.access
mkfifo /tmp/.access 2>/dev/null || exec httpd -f -p "$port" -h /usr/share/nginx/html
httpd -f -vv -p "$port" -h /usr/share/nginx/html 2>/tmp/.access &
server=$!
trap 'kill -TERM $server 2>/dev/null; exit 0' TERM INT QUIT
while IFS= read -r line; do
  case "$line" in
    *' url:'*)
      url=${line##* url:}
      client=${line%%: url:*}; client=${client%:*}; client=${client#'['}; client=${client%']'}; client=${client#::ffff:}
      ;;
    *' response:'*) echo "$client - - [$(date '+%d/%b/%Y:%H:%M:%S %z')] \"GET ${url:--} HTTP/1.1\" ${line##* response:}" ;;
    *) echo "$line" >&2 ;;
  esac
done </tmp/.access &
wait $server
SCRIPT
chmod 755 "$work/nginx"

# --- archives -------------------------------------------------------------------------------------------------------
# layer ROOTFS -> the digest of its reproducible tar, kept as $work/DIGEST.tar
layer() {
  tar --sort=name --mtime=@0 --numeric-owner --owner=0 --group=0 -C "$1" -cf "$work/layer.tar" .
  digest=$(sha256sum "$work/layer.tar" | cut -d' ' -f1)
  mv "$work/layer.tar" "$work/$digest.tar"
  echo "$digest"
}

# archive NAME CONFIG-JSON LAYER-DIGEST… : writes OUT/NAME.tar unless it is there
archive() {
  name=$1 config=$2
  shift 2
  file=$out/$(echo "$name" | tr '/:' '__').tar
  [ -s "$file" ] && return 0
  stage=$work/stage
  rm -rf "$stage"
  mkdir -p "$stage"
  ids='' layers=''
  for digest in "$@"; do
    mkdir -p "$stage/$digest"
    ln "$work/$digest.tar" "$stage/$digest/layer.tar"
    ids="$ids${ids:+,}\"sha256:$digest\""
    layers="$layers${layers:+,}\"$digest/layer.tar\""
  done
  printf '{"architecture":"%s","os":"linux","created":"2024-01-01T00:00:00Z","config":%s,"rootfs":{"type":"layers","diff_ids":[%s]},"history":[{"created":"2024-01-01T00:00:00Z","created_by":"coxswain make-images","comment":"%s"}]}' \
    "$arch" "$config" "$ids" "$name" >"$stage/config.json"
  digest=$(sha256sum "$stage/config.json" | cut -d' ' -f1)
  mv "$stage/config.json" "$stage/$digest.json"
  printf '[{"Config":"%s.json","RepoTags":["%s"],"Layers":[%s]}]' "$digest" "$name" "$layers" >"$stage/manifest.json"
  tar --mtime=@0 --numeric-owner --owner=0 --group=0 -C "$stage" -cf "$file.part" .
  mv "$file.part" "$file"
  echo "$name"
}

path='"Env":["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"]'
shell_config="{$path,\"Cmd\":[\"sh\"]}"
base_layer=$(layer "$base")

for tag in latest 1.28 1.35 1.36; do archive "busybox:$tag" "$shell_config" "$base_layer"; done

# web_image NAME VERSION: the base and a small layer with the server and its page
web_image() {
  file=$out/$(echo "$1" | tr '/:' '__').tar
  [ -s "$file" ] && return 0
  rm -rf "$work/web"
  mkdir -p "$work/web/bin" "$work/web/etc"
  web "$work/web" "$2"
  archive "$1" "{$path,\"Cmd\":[\"nginx\",\"-g\",\"daemon off;\"],\"ExposedPorts\":{\"80/tcp\":{}},\"StopSignal\":\"SIGQUIT\"}" "$base_layer" "$(layer "$work/web")"
}
for version in 1.7.9 1.9.1 1.14.2 1.16.1 1.25 1.27; do web_image "nginx:$version" "$version"; done
web_image nginx:latest latest
web_image nginx:alpine alpine
web_image k8s.gcr.io/nginx-slim:0.8 0.8
web_image registry.k8s.io/nginx-slim:0.8 0.8

# server_image NAME PORT TEXT: a web server on another port, as gcr.io's sample applications are
server_image() {
  file=$out/$(echo "$1" | tr '/:' '__').tar
  [ -s "$file" ] && return 0
  rm -rf "$work/web"
  mkdir -p "$work/web/bin" "$work/web/etc"
  web "$work/web" "$3"
  printf '%s\n' "$3" >"$work/web/usr/share/nginx/html/index.html"
  archive "$1" "{\"Env\":[\"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\",\"COX_HTTP_PORT=$2\"],\"Cmd\":[\"nginx\"],\"ExposedPorts\":{\"$2/tcp\":{}}}" "$base_layer" "$(layer "$work/web")"
}
server_image gcr.io/google-samples/node-hello:1.0 8080 'Hello Kubernetes!'
server_image gcr.io/google-samples/kubernetes-bootcamp:v1 8080 'Hello Kubernetes bootcamp! | v=1'
server_image jocatalin/kubernetes-bootcamp:v2 8080 'Hello Kubernetes bootcamp! | v=2'
server_image gcr.io/google_samples/gb-frontend:v3 80 'Guestbook'

# Programs that only have to be there: a log collector that waits, and a redis that answers PING.
mkdir -p "$work/fluentd/bin" "$work/redis/bin"
printf '#!/bin/sh\necho "fluentd worker is now running"\nexec sleep 2147483647\n' >"$work/fluentd/bin/fluentd"
printf '#!/bin/sh\nwhile read -r line; do case "$line" in PING*|ping*) printf "+PONG\\r\\n" ;; \\**|\\$*) ;; *) printf -- "-ERR unknown command\\r\\n" ;; esac; done\n' >"$work/redis/bin/redis-answer"
printf '#!/bin/sh\necho "Ready to accept connections"\nexec nc -ll -p 6379 -e /bin/redis-answer\n' >"$work/redis/bin/redis-server"
chmod 755 "$work/fluentd/bin/fluentd" "$work/redis/bin/redis-answer" "$work/redis/bin/redis-server"
archive quay.io/fluentd_elasticsearch/fluentd:v2.5.2 "{$path,\"Cmd\":[\"fluentd\"]}" "$base_layer" "$(layer "$work/fluentd")"
redis_layer=$(layer "$work/redis")
for name in redis-alpine:latest redis:alpine redis:latest; do
  archive "$name" "{$path,\"Cmd\":[\"redis-server\"],\"ExposedPorts\":{\"6379/tcp\":{}}}" "$base_layer" "$redis_layer"
done

# The image that Kubernetes' tests mount as a volume: files that no program needs.
mkdir -p "$work/kitten/etc"
printf '{"image":"kitten.jpg"}\n' >"$work/kitten/data.json"
printf 'NAME="Alpine Linux"\nID=alpine\n' >"$work/kitten/etc/os-release"
archive registry.k8s.io/e2e-test-images/kitten:1.8 '{}' "$(layer "$work/kitten")"


# Update Demo's first version: a page that tells its image.
mkdir -p "$work/nautilus/www"
printf '{"image": "nautilus.jpg"}\n' >"$work/nautilus/www/data.json"
archive registry.k8s.io/e2e-test-images/nautilus:1.7 "{$path,\"Cmd\":[\"httpd\",\"-f\",\"-p\",\"80\",\"-h\",\"/www\"],\"ExposedPorts\":{\"80/tcp\":{}}}" "$base_layer" "$(layer "$work/nautilus")"

# The sandbox's first process: ignores SIGCHLD (so that the kernel reaps orphans), exits at SIGTERM and SIGINT, waits.
mkdir -p "$work/pause"
if [ "$arch" = amd64 ]; then
  # 262 bytes: an ELF header around
  #   rt_sigaction(SIGTERM, quit); rt_sigaction(SIGINT, quit); rt_sigaction(SIGCHLD, SIG_IGN); for (;;) pause();  quit: exit_group(0)
  base64 -d >"$work/pause/pause" <<'ELF'
f0VMRgIBAQAAAAAAAAAAAAIAPgABAAAAeABAAAAAAABAAAAAAAAAAAAAAAAAAAAAAAAAAEAAOAABAAAAAAAAAAEAAAAFAAAAAAAA
AAAAAAAAAEAAAAAAAAAAQAAAAAAABgEAAAAAAAAGAQAAAAAAAAAQAAAAAAAASI01RwAAAL8PAAAA6CQAAAC/AgAAAOgaAAAASI01
TAAAAL8RAAAA6AkAAAC4IgAAAA8F6/cx0kG6CAAAALgNAAAADwXDMf+45wAAAA8FvQBAAAAAAAAAAAAEAAAAAL0AQAAAAAAAAAAA
AAAAAAABAAAAAAAAAAAAAAQAAAAAvQBAAAAAAAAAAAAAAAAAAA==
ELF
  chmod 755 "$work/pause/pause"
  pause_config='{"Entrypoint":["/pause"]}'
else
  mkdir -p "$work/pause/bin"
  cp "$busybox" "$work/pause/bin/busybox"
  pause_config='{"Entrypoint":["/bin/busybox","sh","-c","trap \"exit 0\" TERM INT; while :; do /bin/busybox sleep 2147483647 & wait; done"]}'
fi
archive registry.k8s.io/pause:3.10 "$pause_config" "$(layer "$work/pause")"

# --- what Kubernetes' own tests run -----------------------------------------------------------------------------------
# Their agnhost: a shell does what needs no server (pause, entrypoint-tester, etc-hosts, dns-suffix, dns-server-list,
# logs-generator, mounttest), the program of test/images/agnhost the rest, on Node.js. Beside it Debian's sh, curl, dig, nc and getent.
# Made when it is asked for, in the repository: the npm package lacks that program.
[ "${2:-}" = tests ] || exit 0
root=$(cd "$(dirname "$0")/.." && pwd)
program=$root/test/images/agnhost/agnhost.ts

# debian_files DIR PACKAGE… : the files of these packages and of all that they depend on, as on a machine with nothing installed.
debian_files() {
  dir=$1
  shift
  mkdir -p "$work/archives/partial" "$dir"
  fetch_all() { apt-get -qq -y -o Dir::State::status=/dev/null -o Debug::NoLocking=1 -o Dir::Cache::archives="$work/archives" --no-install-recommends --download-only install "$@" >/dev/null 2>&1; }
  fetch_all "$@" || { apt-get update >/dev/null 2>&1; fetch_all "$@"; } || { echo "make-images: apt-get cannot download $*" >&2; return 1; }
  for package in "$work"/archives/*.deb; do dpkg -x "$package" "$dir"; done
}
tools=$work/tools
debian_files "$work/debian" curl bind9-dnsutils netcat-openbsd dash libc-bin libstdc++6 || exit 1
mkdir -p "$tools/bin" "$tools/lib" "$tools/usr/lib" "$tools/etc"
cp -a "$work/debian/lib/." "$tools/lib/"
cp -a "$work/debian/usr/lib/." "$tools/usr/lib/"
cp -a "$work/debian/lib64" "$tools/"
rm -rf "$tools/usr/lib/locale" "$tools"/usr/lib/*/gconv "$tools"/usr/lib/*/perl*
for name in curl dig getent; do cp "$work/debian/usr/bin/$name" "$tools/bin/$name"; done
cp "$work/debian/bin/nc.openbsd" "$tools/bin/nc"
# busybox's shell would run its own nc and wget instead of what is in the path.
cp "$work/debian/bin/dash" "$tools/bin/sh"
printf 'hosts: files dns\n' >"$tools/etc/nsswitch.conf"
tools_layer=$(layer "$tools")

agnhost=$work/agnhost
mkdir -p "$agnhost/bin"
node=${NODE:-$(command -v node)}
cp "$("$node" -p process.execPath)" "$agnhost/bin/node"
"$root/node_modules/.bin/esbuild" "$program" --bundle --platform=node --target=node20 --format=esm --minify-syntax --legal-comments=none --log-level=warning \
  --banner:js='import { createRequire } from "node:module"; const require = createRequire(import.meta.url);' --outfile="$agnhost/agnhost.mjs"
cat >"$agnhost/agnhost" <<'SCRIPT'
#!/bin/sh
command=${1:-pause}
shift
option() { name=$1 default=$2; shift 2; for word in "$@"; do case "$take$word" in "--$name="*) default=${word#*=} ;; take*) default=$word; take= ;; "--$name") take=take; continue ;; esac; done; echo "$default"; }
forever() { trap 'exit 0' TERM INT; while :; do sleep 2147483647 & wait; done; }
case "$command" in
  pause) echo Paused; forever ;;
  entrypoint-tester) echo "[$0 $command${*:+ $*}]" ;;
  etc-hosts) cat /etc/hosts ;;
  mounttest) exec /bin/agnhost-mounttest "$@" ;;
  dns-suffix) sed -n 's/^search //p' /etc/resolv.conf | tr ' ' ',' ;;
  dns-server-list) sed -n 's/^nameserver //p' /etc/resolv.conf | tr '\n' ',' | sed 's/,$//' ;;
  logs-generator)
    total=$(option log-lines-total 0 "$@")
    seconds=$(option run-duration 0s "$@"); seconds=${seconds%s}
    line=0
    while [ "$line" -lt "$total" ]; do
      echo "I$(date '+%m%d %H:%M:%S').000000       1 logs_generator.go:76] $line GET /api/v1/namespaces/kube-system/pods/p$line 200"
      line=$((line + 1))
      usleep $((seconds * 1000000 / total))
    done ;;
  *) exec /bin/node /agnhost.mjs "$command" "$@" ;;
esac
SCRIPT
cat >"$agnhost/bin/agnhost-mounttest" <<'SCRIPT'
#!/bin/sh
# Makes files and tells of them, in the order and the words of Kubernetes' tool.
umask 0
trap 'exit 0' TERM INT
status=0 retry=180 break=true
letters() { for digit in $(echo "$1" | sed 's/./& /g'); do case $digit in 0) printf -- --- ;; 1) printf -- --x ;; 2) printf -- -w- ;; 3) printf -- -wx ;; 4) printf -- r-- ;; 5) printf -- r-x ;; 6) printf -- rw- ;; 7) printf -- rwx ;; esac; done; }
# A mode as Go writes it: kind, set-user-id, set-group-id, sticky, and the permissions.
mode() {
  octal=$(printf %04d "$(stat -L -c %a "$1")") kind=
  case $(stat -L -c %F "$1") in directory) kind=d ;; 'character special file') kind=Dc ;; 'block special file') kind=D ;; socket) kind=S ;; fifo) kind=p ;; esac
  case $octal in [4567]*) kind=${kind}u ;; esac
  case $octal in [2367]*) kind=${kind}g ;; esac
  case $octal in [1357]*) kind=${kind}t ;; esac
  echo "${kind:--}$(letters "${octal#?}")"
}
content() { text=$(cat "$1" 2>&1; echo .) && [ -r "$1" ] && echo "content of file \"$1\": ${text%.}"; }
make() { echo 'mount-tester new file' >"$1" && chmod "$2" "$1" && content "$1" || status=1; }
tell() {
  case $1 in
    fs_type) case $(stat -f -c %T "$2") in tmpfs) echo "mount type of \"$2\": tmpfs" ;; *) echo "mount type of \"$2\": $(stat -f -c %t "$2")" ;; esac ;;
    new_file_*) make "$2" "${1#new_file_}" ;;
    file_mode) echo "mode of file \"$2\": $(mode "$2")" ;;
    file_perm) octal=$(printf %04d "$(stat -L -c %a "$2")"); echo "perms of file \"$2\": -$(letters "${octal#?}")" ;;
    file_owner) stat -L -c "owner UID of \"$2\": %u
owner GID of \"$2\": %g" "$2" ;;
    file_content) content "$2" || { echo "error reading file content for \"$2\": open $2: no such file or directory"; status=1; } ;;
    file_content_in_loop)
      end=$(($(date +%s) + retry))
      while [ "$(date +%s)" -lt "$end" ]; do
        if content "$2"; then [ "$break" = true ] && break; else echo "Error reading file $2: open $2: no such file or directory, retrying"; fi
        usleep 500000
      done ;;
  esac
}
for word in "$@"; do case $word in --retry_time=*) retry=${word#*=} ;; --break_on_expected_content=*) break=${word#*=} ;; esac; done
for wanted in fs_type new_file_0644 new_file_0666 new_file_0660 new_file_0777 file_mode file_perm file_content file_content_in_loop file_owner; do
  for word in "$@"; do case $word in "--$wanted="*) tell "$wanted" "${word#*=}" || status=1 ;; esac; done
done
exit $status
SCRIPT
chmod 755 "$agnhost/agnhost" "$agnhost/bin/node" "$agnhost/bin/agnhost-mounttest"
cp "$agnhost/agnhost" "$agnhost/agnhost-2"
archive registry.k8s.io/e2e-test-images/agnhost:2.59 "{$path,\"Entrypoint\":[\"/agnhost\"],\"Cmd\":[\"pause\"]}" "$base_layer" "$tools_layer" "$(layer "$agnhost")"
archive registry.k8s.io/e2e-test-images/glibc-dns-testing:2.0.0 "$shell_config" "$base_layer" "$tools_layer"
