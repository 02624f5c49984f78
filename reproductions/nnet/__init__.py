"""nnet1 and nnet2 (Zhang, Lei, Xu and Xing 2016)."""
