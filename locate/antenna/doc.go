// Package antenna reads a holder's cell plan and works out from where each antenna hears.
//
// The plan is a trade secret: nothing that answers questions may import this package. What leaves it is a locate.Ground, of
// which the tree and the shares become public and the places do not. Nothing here is personal.
package antenna
