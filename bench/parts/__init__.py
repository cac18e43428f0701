"""What bench/run measures, one file for each part. Each has measure(bed, report, seconds)."""
