#!/usr/bin/env bash
# A real Kafka broker for tests, from Maven Central, without a container: one process, KRaft, on this machine alone.
#   tools/kafka.sh --lib     fetches the broker's jars once and prints their folder (KAFKA_LIB says another one)
#   tools/kafka.sh start     starts a broker with a data folder of its own and prints THRONG_KAFKA=address
#   tools/kafka.sh stop      stops it and removes its data
#   tools/kafka.sh resume    starts one again on its data, after it was killed
# KAFKA_PORT (default 19092) and the port above it have to be free. KAFKA_RUN is where process id and data lie. KAFKA_WAIT (default 120) is
# how many half seconds it may take to start.
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
  id=$(java $quiet -cp "$lib/*" kafka.tools.StorageTool random-uuid)
  java $quiet -cp "$lib/*" kafka.tools.StorageTool format --cluster-id "$id" --standalone --config "$run/kafka.properties" >"$run/format.log" 2>&1
  launch && return
  stop
  exit 1
}

launch() {
  java $quiet -Xmx1g -cp "$lib/*" kafka.Kafka "$run/kafka.properties" >>"$run/broker.log" 2>&1 &
  echo $! >"$run/pid"
  for _ in $(seq "${KAFKA_WAIT:-120}"); do
    if (: </dev/tcp/127.0.0.1/"$port") 2>/dev/null; then
      echo "THRONG_KAFKA=127.0.0.1:$port"
      return
    fi
    kill -0 "$(cat "$run/pid")" 2>/dev/null || break
    sleep 0.5
  done
  tail -5 "$run/broker.log" >&2
  return 1
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
  *) sed -n '2,7s/^# //p' "$0"; exit 2 ;;
esac
