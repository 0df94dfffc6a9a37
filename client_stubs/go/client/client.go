// SPDX-License-Identifier: Apache-2.0

// Package client connects to klarna-gateway, reads whole streams across broken
// connections and decodes errors. The stubs themselves are generated: see
// ../generate.
//
//	connection, err := client.Connect("127.0.0.1:50051")
//	settlements := settlementsv1.NewSettlementsServiceClient(connection)
//	for response, err := range client.Subscribe(ctx, settlements.Subscribe, request) {
//		if err != nil {
//			return err
//		}
//		for _, transaction := range response.GetTransactions().GetTransactions() {
//			...
//		}
//	}
package client

import (
	"context"
	"io"
	"iter"
	"math/rand/v2"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	gatewayv1 "klarnagateway/klarna/gateway/v1"
)

// attempts is how often in a row a stream is opened without getting anything.
const attempts = 6

// Connect makes a connection without TLS, as inside a cluster or on one
// machine. Pass it to the generated New...ServiceClient functions.
func Connect(target string) (*grpc.ClientConn, error) {
	return grpc.NewClient(target,
		grpc.WithTransportCredentials(insecure.NewCredentials()))
}

// Request is any of the SubscribeRequests.
type Request interface {
	proto.Message
	GetPaging() *gatewayv1.PageOptions
}

// Response is a pointer to any of the SubscribeResponses.
type Response[R any] interface {
	*R
	GetBatch() *gatewayv1.Batch
}

// Subscribe opens the stream and yields its messages. When the gateway becomes
// unavailable it goes on after the last message, so that none is missing and
// none comes twice. The last pair of a stream that failed holds the error.
// To go on in another process, store Batch.ResumeToken with what was made of
// the batch and put it into the request's paging.
func Subscribe[Q Request, R any, P Response[R]](
	ctx context.Context,
	subscribe func(context.Context, Q, ...grpc.CallOption) (grpc.ServerStreamingClient[R], error),
	request Q,
) iter.Seq2[P, error] {
	return func(yield func(P, error) bool) {
		// Ends the call when the caller leaves the loop early.
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()

		request := proto.Clone(request).(Q)
		failures := 0
		for {
			last, received, err := drain(ctx, subscribe, request, yield)
			if err == nil || last.GetLast() {
				return
			}
			if received {
				failures = 0
			}
			failures++
			// Single entities and files have no token: once a part of one has
			// come, it cannot be gone on with.
			resumable := !received || last.GetResumeToken() != ""
			if status.Code(err) != codes.Unavailable || !resumable ||
				failures >= attempts || !pause(ctx, failures) {
				yield(nil, err)
				return
			}
			if received {
				setResumeToken(request, last.GetResumeToken())
			}
		}
	}
}

// Get reads a single entity: a stream of one message.
func Get[Q Request, R any, P Response[R]](
	ctx context.Context,
	subscribe func(context.Context, Q, ...grpc.CallOption) (grpc.ServerStreamingClient[R], error),
	request Q,
) (P, error) {
	for response, err := range Subscribe[Q, R, P](ctx, subscribe, request) {
		return response, err
	}
	return nil, io.ErrUnexpectedEOF
}

// drain yields the messages of one call. It returns the last one's batch,
// whether there was one, and nil when the caller needs no more.
func drain[Q Request, R any, P Response[R]](
	ctx context.Context,
	subscribe func(context.Context, Q, ...grpc.CallOption) (grpc.ServerStreamingClient[R], error),
	request Q,
	yield func(P, error) bool,
) (last *gatewayv1.Batch, received bool, err error) {
	stream, err := subscribe(ctx, request)
	if err != nil {
		return nil, false, err
	}
	for {
		response, err := stream.Recv()
		if err == io.EOF {
			return last, received, nil
		}
		if err != nil {
			return last, received, err
		}
		last, received = P(response).GetBatch(), true
		if !yield(response, nil) {
			return last, received, nil
		}
	}
}

// setResumeToken works on every SubscribeRequest: all name the field `paging`.
func setResumeToken(request proto.Message, token string) {
	message := request.ProtoReflect()
	paging := message.Descriptor().Fields().ByName("paging")
	message.Mutable(paging).Message().Interface().(*gatewayv1.PageOptions).ResumeToken = token
}

// pause is a variable so that tests need not wait.
var pause = wait

// wait takes 0.1 s to 0.2 s, twice as long after each further failure. It
// returns false when the context ended first.
func wait(ctx context.Context, failures int) bool {
	longest := 100 * time.Millisecond << failures
	select {
	case <-time.After(longest/2 + rand.N(longest/2)):
		return true
	case <-ctx.Done():
		return false
	}
}
