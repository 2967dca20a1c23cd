package driver

import (
	"github.com/throng-stats/throng"
	"github.com/throng-stats/throng/population"
)

func (j *Job) ofMonth(throng.Period) []population.Monthly { return nil }

func (j *Job) ofPair() []population.Paired { return nil }

func (j *Job) homes(throng.Period) population.Homes { return nil }
