// Package tourism makes trips of stays away from home: inbound, outbound and domestic.
//
// A trip is a run of stays away with no long silence and no return (methods.md, sections 14 to 16). The state of a device
// is its open trip. Nights and trips of one device are exact here; how many of them count is bounded where they are
// counted.
//
// What is named Reference repeats multimno 1.0.0 with its defects, for comparison without noise only.
package tourism
