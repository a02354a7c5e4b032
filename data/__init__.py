"""What ships with the product: Daqing's frame, the demo city, code tables, and sources.cfg with the origin of each."""
