"""The etcd engine: leadership, register and leases in an etcd cluster that the site runs already."""
