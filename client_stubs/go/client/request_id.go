// SPDX-License-Identifier: Apache-2.0

package client

import (
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"time"
)

// NewRequestID makes the request_id of a Publish: a UUID version 7. Make it
// when you decide on the change, store it, then call; after a crash, call again
// with the stored one.
func NewRequestID() string {
	var id [16]byte
	rand.Read(id[:]) // Never fails since Go 1.24.
	milliseconds := uint64(time.Now().UnixMilli())
	binary.BigEndian.PutUint16(id[:], uint16(milliseconds>>32))
	binary.BigEndian.PutUint32(id[2:], uint32(milliseconds))
	id[6] = id[6]&0x0f | 0x70 // Version 7.
	id[8] = id[8]&0x3f | 0x80 // Variant of RFC 9562.
	return fmt.Sprintf("%x-%x-%x-%x-%x", id[:4], id[4:6], id[6:8], id[8:10], id[10:])
}
