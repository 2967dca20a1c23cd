#!/usr/bin/env bash
# A real Kafka broker for tests, from Maven Central, without a container: one process, KRaft, on this machine alone.
#   tools/kafka.sh --lib     fetches the broker's jars once and prints their folder (KAFKA_LIB says another one)
#   tools/kafka.sh start     starts a broker with a data folder of its own and prints THRONG_KAFKA=address, and where there is openssl
#                            THRONG_KAFKA_SECURE=folder
#   tools/kafka.sh stop      stops it and removes its data
#   tools/kafka.sh resume    starts one again on its data, after it was killed
# KAFKA_PORT (default 19092) and the three ports above it have to be free: without encryption, of the controller, with TLS and a password,
# and with TLS and a certificate of the client. KAFKA_RUN is where process id and data lie. KAFKA_WAIT (default 120) is how many half seconds
# it may take to start.
# The folder has what a client needs, made anew by each start: address and mutual, host:port of the two with TLS; ca.pem; client.pem and
# client.key; user and password, of PLAIN, SCRAM-SHA-256 and SCRAM-SHA-512.
set -euo pipefail
version=4.4.0
lib=${KAFKA_LIB:-${XDG_CACHE_HOME:-$HOME/.cache}/throng/kafka-$version}
port=${KAFKA_PORT:-19092}
run=${KAFKA_RUN:-${TMPDIR:-/tmp}/throng-kafka-$port}
quiet=-Dorg.slf4j.simpleLogger.defaultLogLevel=warn

need() { command -v "$1" >/dev/null || { echo "no $1 on this machine: a real broker cannot be started" >&2; exit 69; }; }

fetch() {
  [ -e "$lib/whole" ] && return
  need mvn
  mkdir -p "$lib"
  cat >"$lib/pom.xml" <<POM
<project><modelVersion>4.0.0</modelVersion><groupId>x</groupId><artifactId>x</artifactId><version>1</version>
 <dependencies>
  <dependency><groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>$version</version></dependency>
  <dependency><groupId>org.slf4j</groupId><artifactId>slf4j-simple</artifactId><version>1.7.36</version></dependency>
 </dependencies></project>
POM
  mvn -B -q -f "$lib/pom.xml" dependency:copy-dependencies -DincludeScope=runtime -DoutputDirectory="$lib" >&2
  touch "$lib/whole"
}

# secrets makes a root, and certificates that it has signed for broker and client, and a password, all for two days.
secrets() {
  local at=$run/secure
  mkdir -m 700 "$at"
  local key="-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes"
  {
    openssl req -x509 $key -keyout "$at/ca.key" -out "$at/ca.pem" -days 2 -subj "/CN=throw-away root"
    for name in server client; do
      openssl req $key -keyout "$at/$name.key" -out "$at/$name.csr" -subj "/CN=throw-away $name"
      openssl x509 -req -in "$at/$name.csr" -CA "$at/ca.pem" -CAkey "$at/ca.key" -CAcreateserial -days 2 -out "$at/$name.pem" \
        -extfile <(echo "subjectAltName=IP:127.0.0.1")
    done
  } 2>"$run/secure.log" || { cat "$run/secure.log" >&2; return 1; }
  cat "$at/server.key" "$at/server.pem" >"$at/server.store"
  rm "$at"/*.csr "$at/ca.key"
  echo "127.0.0.1:$((port + 2))" >"$at/address"
  echo "127.0.0.1:$((port + 3))" >"$at/mutual"
  echo reader >"$at/user"
  openssl rand -hex 16 >"$at/password"
  chmod 600 "$at"/*
}

# encrypted are the options of the two listeners with TLS.
encrypted() {
  cat <<CONF
listeners=PLAINTEXT://127.0.0.1:$port,CONTROLLER://127.0.0.1:$((port + 1)),PASSWORD://127.0.0.1:$((port + 2)),MUTUAL://127.0.0.1:$((port + 3))
advertised.listeners=PLAINTEXT://127.0.0.1:$port,PASSWORD://127.0.0.1:$((port + 2)),MUTUAL://127.0.0.1:$((port + 3))
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,PASSWORD:SASL_SSL,MUTUAL:SSL
ssl.keystore.type=PEM
ssl.keystore.location=$run/secure/server.store
ssl.truststore.type=PEM
ssl.truststore.location=$run/secure/ca.pem
listener.name.mutual.ssl.client.auth=required
listener.name.password.connections.max.reauth.ms=4000
listener.name.password.sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-256,SCRAM-SHA-512
listener.name.password.plain.sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required user_reader="$1";
listener.name.password.scram-sha-256.sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required;
listener.name.password.scram-sha-512.sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required;
CONF
}

start() {
  need java
  fetch
  [ ! -e "$run/pid" ] || { echo "a broker is running already: $run" >&2; exit 1; }
  mkdir -p "$run"
  cat >"$run/kafka.properties" <<CONF
process.roles=broker,controller
node.id=1
controller.quorum.bootstrap.servers=127.0.0.1:$((port + 1))
listeners=PLAINTEXT://127.0.0.1:$port,CONTROLLER://127.0.0.1:$((port + 1))
advertised.listeners=PLAINTEXT://127.0.0.1:$port
controller.listener.names=CONTROLLER
inter.broker.listener.name=PLAINTEXT
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT
log.dirs=$run/data
offsets.topic.replication.factor=1
offsets.topic.num.partitions=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=1
group.initial.rebalance.delay.ms=0
broker.session.timeout.ms=3000
broker.heartbeat.interval.ms=500
CONF
  local users=()
  if command -v openssl >/dev/null; then
    secrets || { rm -rf "$run"; exit 1; }
    password=$(cat "$run/secure/password")
    encrypted "$password" >>"$run/kafka.properties" # of two lines for one option the later counts
    users=(--add-scram "SCRAM-SHA-256=[name=reader,password=$password]" --add-scram "SCRAM-SHA-512=[name=reader,password=$password]")
  else
    echo "no openssl on this machine: the broker has no listener with TLS" >&2
  fi
  chmod 600 "$run/kafka.properties"
  id=$(java $quiet -cp "$lib/*" kafka.tools.StorageTool random-uuid)
  java $quiet -cp "$lib/*" kafka.tools.StorageTool format --cluster-id "$id" --standalone --config "$run/kafka.properties" "${users[@]}" >"$run/format.log" 2>&1
  launch && return
  stop
  exit 1
}

launch() {
  java $quiet -Xmx1g -cp "$lib/*" kafka.Kafka "$run/kafka.properties" >>"$run/broker.log" 2>&1 &
  echo $! >"$run/pid"
  for _ in $(seq "${KAFKA_WAIT:-120}"); do
    if answers; then
      echo "THRONG_KAFKA=127.0.0.1:$port"
      [ ! -e "$run/secure" ] || echo "THRONG_KAFKA_SECURE=$run/secure"
      return
    fi
    kill -0 "$(cat "$run/pid")" 2>/dev/null || break
    sleep 0.5
  done
  tail -5 "$run/broker.log" >&2
  return 1
}

answers() {
  local all=("$port")
  [ ! -e "$run/secure" ] || all+=($((port + 2)) $((port + 3)))
  for one in "${all[@]}"; do (: </dev/tcp/127.0.0.1/"$one") 2>/dev/null || return 1; done
}

resume() {
  [ -e "$run/pid" ] || { echo "no broker was started in $run" >&2; exit 1; }
  ! (: </dev/tcp/127.0.0.1/"$port") 2>/dev/null || { echo "a broker is running already: $run" >&2; exit 1; }
  launch
}

stop() {
  [ -e "$run/pid" ] || return 0
  pid=$(cat "$run/pid")
  kill "$pid" 2>/dev/null || true
  for _ in $(seq 40); do kill -0 "$pid" 2>/dev/null || break; sleep 0.5; done
  kill -9 "$pid" 2>/dev/null || true
  rm -rf "$run"
}

case ${1:-} in
  --lib) fetch; echo "$lib" ;;
  start) start ;;
  stop) stop ;;
  resume) resume ;;
  *) sed -n '2,/^set /s/^# //p' "$0"; exit 2 ;;
esac
