// SPDX-License-Identifier: Apache-2.0

// Captures a part of an order. Called again with the same request id, it finds
// the capture already made.
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"time"

	"google.golang.org/protobuf/proto"

	"klarnagateway/client"
	ordermanagementv1 "klarnagateway/klarna/order_management/v1"
)

func main() {
	target := flag.String("target", "127.0.0.1:50051", "address of the gateway")
	orderID := flag.String("order", "", "Klarna's id of the order")
	amount := flag.Int64("amount", 1000, "what to capture, in minor units")
	requestID := flag.String("request-id", client.NewRequestID(), "of this capture; give it again to repeat a call")
	flag.Parse()

	connection, err := client.Connect(*target)
	if err != nil {
		log.Fatal(err)
	}
	defer connection.Close()
	orders := ordermanagementv1.NewOrderManagementServiceClient(connection)

	// A real caller stores the request id before it calls.
	fmt.Printf("request id %s\n", *requestID)
	ctx, cancel := context.WithTimeout(context.Background(), 90*time.Second)
	defer cancel()
	response, err := orders.Publish(ctx, &ordermanagementv1.PublishRequest{
		RequestId: *requestID,
		Operation: &ordermanagementv1.PublishRequest_CreateCapture{
			CreateCapture: &ordermanagementv1.CreateCapture{
				OrderId: *orderID,
				Capture: &ordermanagementv1.NewCapture{
					CapturedAmount: amount,
					Description:    proto.String("First parcel"),
				},
			},
		},
	})
	if failure, ok := client.Decode(err); ok {
		log.Fatal(failure)
	} else if err != nil {
		log.Fatal(err)
	}
	outcome := response.GetOutcome()
	fmt.Printf("capture %s: %s\n", outcome.GetCreatedId(), outcome.GetVerdict())
}
