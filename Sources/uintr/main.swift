print("uintr")
