"""Where data rests: snapshots that never change, and the live store of what people and devices change."""
