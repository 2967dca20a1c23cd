package main

import "context"

func auditLeaks(ctx context.Context) ([]layerCheck, error) { return nil, ctx.Err() }
