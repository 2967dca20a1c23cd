package kafka

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/throng-stats/throng/feed"
)

// How soon a member that is gone is noticed (scale.md, section 7): the broker's minimum, and a quarter of it.
const (
	sessionTimeout = 6 * time.Second
	heartbeatEvery = 1500 * time.Millisecond
)

// Share says what the group gives to this member and takes from it. The functions are called one after the other. The
// group waits for Taken, so that it saves what it has before another member begins; none of them may call Group.Close.
type Share struct {
	// Given are partitions that are this member's from now on. The generation grows with every change of the group; state
	// that is saved under an older one loses. Required.
	Given func(ctx context.Context, partitions []int, generation int32)
	// Taken are partitions that go to another member when it returns. Required.
	Taken func(ctx context.Context, partitions []int, generation int32)
	// Lost are partitions that another member may have already, because this one was silent too long. What it has not
	// saved is not to be saved any more. Required.
	Lost func(ctx context.Context, partitions []int)
}

// Group is one member of the consumer group of a log: it tells which partitions to read with Log.Open and reads none.
type Group struct {
	log    *Log
	client *kgo.Client
	stop   context.CancelFunc
	done   sync.WaitGroup

	lock  sync.Mutex
	owned []int
}

// Join makes this process a member of the group. Partitions are shared out so that few change hands (cooperative-sticky). When ctx ends
// nothing is waited for any more: that of the functions of share ends too, and Close tells the broker nothing.
func (l *Log) Join(ctx context.Context, share Share) (*Group, error) {
	g := &Group{log: l}
	var err error
	g.client, err = l.newReader(kgo.WithContext(ctx), kgo.ConsumerGroup(l.opt.Group), kgo.ConsumeTopics(l.opt.Topic), kgo.Balancers(kgo.CooperativeStickyBalancer()),
		kgo.SessionTimeout(sessionTimeout), kgo.HeartbeatInterval(heartbeatEvery), kgo.DisableAutoCommit(), kgo.BlockRebalanceOnPoll(),
		kgo.OnPartitionsAssigned(func(ctx context.Context, c *kgo.Client, m map[string][]int32) {
			c.PauseFetchTopics(l.opt.Topic) // the readers fetch
			if list := g.change(m[l.opt.Topic], true); len(list) > 0 {
				_, generation := c.GroupMetadata()
				share.Given(ctx, list, generation)
			}
		}),
		kgo.OnPartitionsRevoked(func(ctx context.Context, c *kgo.Client, m map[string][]int32) {
			if list := g.change(m[l.opt.Topic], false); len(list) > 0 {
				_, generation := c.GroupMetadata()
				share.Taken(ctx, list, generation)
			}
		}),
		kgo.OnPartitionsLost(func(ctx context.Context, _ *kgo.Client, m map[string][]int32) {
			if list := g.change(m[l.opt.Topic], false); len(list) > 0 {
				share.Lost(ctx, list)
			}
		}))
	if err != nil {
		return nil, err
	}
	g.client.PauseFetchTopics(l.opt.Topic)
	polling, stop := context.WithCancel(ctx)
	g.stop = stop
	g.done.Go(func() { g.poll(polling) })
	l.lock.Lock()
	l.group = g
	l.lock.Unlock()
	return g, nil
}

// poll keeps the membership going: nothing is fetched, but changes of the group wait for it.
func (g *Group) poll(ctx context.Context) {
	for ctx.Err() == nil {
		fetches := g.client.PollFetches(ctx)
		g.client.AllowRebalance()
		if fetches.IsClientClosed() {
			return
		}
		fetches.EachError(func(_ string, _ int32, err error) {
			if ctx.Err() == nil {
				g.log.opt.Note("kafka: group " + g.log.opt.Group + " gives no partitions: " + word(err))
			}
		})
	}
}

// change notes which partitions are ours.
func (g *Group) change(partitions []int32, given bool) []int {
	g.lock.Lock()
	defer g.lock.Unlock()
	var list []int
	for _, p := range partitions {
		list = append(list, int(p))
		g.owned = slices.DeleteFunc(g.owned, func(o int) bool { return o == int(p) })
		if given {
			g.owned = append(g.owned, int(p))
		}
	}
	slices.Sort(g.owned)
	slices.Sort(list)
	return list
}

// Owned are the partitions of this member, ascending.
func (g *Group) Owned() []int {
	g.lock.Lock()
	defer g.lock.Unlock()
	return slices.Clone(g.owned)
}

// Generation is that of the group as this member knows it.
func (g *Group) Generation() int32 {
	_, generation := g.client.GroupMetadata()
	return generation
}

// commit shows how far this member is. A partition that is not ours any more is left to its owner.
func (g *Group) commit(ctx context.Context, partition int, before feed.Offset) error {
	if !slices.Contains(g.Owned(), partition) {
		return nil
	}
	var failed error
	g.client.CommitOffsetsSync(ctx, map[string]map[int32]kgo.EpochOffset{g.log.opt.Topic: {int32(partition): {Epoch: -1, Offset: int64(before)}}},
		func(_ *kgo.Client, _ *kmsg.OffsetCommitRequest, _ *kmsg.OffsetCommitResponse, err error) {
			failed = err
		})
	if failed != nil {
		return g.log.uncommitted(ctx, failed)
	}
	return nil
}

// Close leaves the group: what was ours is taken first. It may be called twice.
func (g *Group) Close() error {
	g.log.lock.Lock()
	if g.log.group == g {
		g.log.group = nil
	}
	g.log.lock.Unlock()
	g.stop()
	g.done.Wait()
	g.log.closeReader(g.client)
	return nil
}
