"""傾向: how much was looked at, when and by whom, drawn from the tallies that the sealer keeps."""
