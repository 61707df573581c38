#error "this package fails on purpose"
