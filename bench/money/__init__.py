"""Money at scale: seeds by SQL, then what each path costs at 10,000, 100,000 and 1,000,000 pledges."""
