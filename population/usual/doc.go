// Package usual finds where a device usually is: its usual environment, home and work.
//
// A day gives slots in which the device was somewhere (Daily); days are folded into months (Months), months into a season
// (LongTerm), and a season into labels (Label), as in methods.md, sections 10 to 12. Everything here is about one device
// alone and stays inside: only weights that sum to 1 per device and label are ever counted.
//
// What is named Reference repeats multimno 1.0.0 with its defects, for comparison without noise only.
package usual
