// SPDX-License-Identifier: Apache-2.0

package client

import (
	"context"
	"net"
	"os"
	"regexp"
	"slices"
	"strconv"
	"testing"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	gatewayv1 "klarnagateway/klarna/gateway/v1"
	settlementsv1 "klarnagateway/klarna/settlements/v1"
)

// brokenGateway streams payouts 0, 1, 2... one by one and breaks each call
// after `perCall` of them. A token is the number of payouts before it.
type brokenGateway struct {
	settlementsv1.UnimplementedSettlementsServiceServer
	payouts, perCall int
	withoutTokens    bool
	calls            int
}

func (g *brokenGateway) Subscribe(request *settlementsv1.SubscribeRequest, stream grpc.ServerStreamingServer[settlementsv1.SubscribeResponse]) error {
	g.calls++
	first, _ := strconv.Atoi(request.GetPaging().GetResumeToken())
	for i := first; i < g.payouts; i++ {
		if i == first+g.perCall {
			return status.Error(codes.Unavailable, "broken on purpose")
		}
		reference := strconv.Itoa(i)
		batch := &gatewayv1.Batch{ResumeToken: strconv.Itoa(i + 1), Last: i == g.payouts-1}
		if g.withoutTokens {
			batch.ResumeToken = ""
		}
		stream.Send(&settlementsv1.SubscribeResponse{
			Batch: batch,
			Result: &settlementsv1.SubscribeResponse_Payout{
				Payout: &settlementsv1.Payout{PaymentReference: &reference},
			},
		})
	}
	return nil
}

func (g *brokenGateway) Publish(context.Context, *settlementsv1.PublishRequest) (*settlementsv1.PublishResponse, error) {
	refusal, _ := status.New(codes.FailedPrecondition, "refused").WithDetails(
		&errdetails.ErrorInfo{Reason: "CAPTURE_NOT_ALLOWED", Domain: "klarna.com"},
		&gatewayv1.KlarnaError{ErrorCode: "CAPTURE_NOT_ALLOWED"},
		&gatewayv1.Outcome{Verdict: gatewayv1.Verdict_VERDICT_REJECTED, Attempts: 1})
	return nil, refusal.Err()
}

func TestMain(m *testing.M) {
	pause = func(context.Context, int) bool { return true }
	os.Exit(m.Run())
}

func serve(t *testing.T, gateway *brokenGateway) settlementsv1.SettlementsServiceClient {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := grpc.NewServer()
	settlementsv1.RegisterSettlementsServiceServer(server, gateway)
	go server.Serve(listener)
	t.Cleanup(server.Stop)
	connection, err := Connect(listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { connection.Close() })
	return settlementsv1.NewSettlementsServiceClient(connection)
}

func read(settlements settlementsv1.SettlementsServiceClient) (references []string, failed error) {
	for response, err := range Subscribe(context.Background(), settlements.Subscribe, &settlementsv1.SubscribeRequest{}) {
		if err != nil {
			return references, err
		}
		references = append(references, response.GetPayout().GetPaymentReference())
	}
	return references, nil
}

func TestSubscribeGoesOnAfterTheLastMessage(t *testing.T) {
	gateway := &brokenGateway{payouts: 5, perCall: 2}
	references, err := read(serve(t, gateway))
	if want := []string{"0", "1", "2", "3", "4"}; err != nil || !slices.Equal(references, want) {
		t.Errorf("got %v and error %v, want %v", references, err, want)
	}
	if gateway.calls != 3 {
		t.Errorf("got %d calls, want 3", gateway.calls)
	}
}

func TestSubscribeDoesNotRepeatWhatHasNoToken(t *testing.T) {
	references, err := read(serve(t, &brokenGateway{payouts: 5, perCall: 2, withoutTokens: true}))
	if len(references) != 2 || status.Code(err) != codes.Unavailable {
		t.Errorf("got %v and error %v, want two payouts and UNAVAILABLE", references, err)
	}
}

func TestSubscribeGivesUpWithoutProgress(t *testing.T) {
	gateway := &brokenGateway{payouts: 5, perCall: 0}
	_, err := read(serve(t, gateway))
	if status.Code(err) != codes.Unavailable || gateway.calls != attempts {
		t.Errorf("got error %v after %d calls, want UNAVAILABLE after %d", err, gateway.calls, attempts)
	}
}

func TestDecodeUnpacksTheDetails(t *testing.T) {
	_, err := serve(t, &brokenGateway{}).Publish(context.Background(), &settlementsv1.PublishRequest{})
	failure, ok := Decode(err)
	if !ok {
		t.Fatalf("not decoded: %v", err)
	}
	if failure.Reason() != "CAPTURE_NOT_ALLOWED" || failure.Klarna.GetErrorCode() != "CAPTURE_NOT_ALLOWED" ||
		failure.Outcome.GetVerdict() != gatewayv1.Verdict_VERDICT_REJECTED {
		t.Errorf("got %v", failure)
	}
}

func TestNewRequestIDIsAUUIDOfVersion7(t *testing.T) {
	form := regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)
	first, second := NewRequestID(), NewRequestID()
	if !form.MatchString(first) || first == second {
		t.Errorf("got %q and %q", first, second)
	}
}
