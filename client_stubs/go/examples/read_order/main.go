// SPDX-License-Identifier: Apache-2.0

// Reads one order and prints what can still be captured.
package main

import (
	"context"
	"flag"
	"fmt"
	"log"

	"klarnagateway/client"
	ordermanagementv1 "klarnagateway/klarna/order_management/v1"
)

func main() {
	target := flag.String("target", "127.0.0.1:50051", "address of the gateway")
	orderID := flag.String("order", "", "Klarna's id of the order")
	flag.Parse()

	connection, err := client.Connect(*target)
	if err != nil {
		log.Fatal(err)
	}
	defer connection.Close()
	orders := ordermanagementv1.NewOrderManagementServiceClient(connection)

	response, err := client.Get(context.Background(), orders.Subscribe, &ordermanagementv1.SubscribeRequest{
		Operation: &ordermanagementv1.SubscribeRequest_GetOrder{
			GetOrder: &ordermanagementv1.GetOrder{OrderId: *orderID},
		},
	})
	if failure, ok := client.Decode(err); ok {
		log.Fatal(failure)
	} else if err != nil {
		log.Fatal(err)
	}
	order := response.GetOrder()
	fmt.Printf("order %s: %s\n", order.GetOrderId(), order.GetStatus())
	fmt.Printf("amount %d %s, captured %d, refunded %d, remaining %d\n",
		order.GetOrderAmount(), order.GetPurchaseCurrency(), order.GetCapturedAmount(),
		order.GetRefundedAmount(), order.GetRemainingAuthorizedAmount())
	for _, line := range order.GetOrderLines() {
		fmt.Printf("  %d x %s: %d\n", line.GetQuantity(), line.GetName(), line.GetTotalAmount())
	}
}
