"""How the synthetic sample is made: a public-domain portrait, lifted to 3D, animated and filmed."""
