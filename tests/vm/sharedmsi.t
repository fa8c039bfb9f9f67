# The installer of msi.t with its service, in shared VMs: two of them at once install the same product and run a service of one name.
level=shared
. "$(dirname "$0")/msi.t"
