// `import XenToolstack` is all that a program needs: what domains are, the language of their configurations, the numbers
// and texts of both, and how to wait. XenControl, XenStore and YajlJSON lie below what is supported for programs; a value of
// theirs that an operation gives back can be used without their names.
@_exported import DomainConfig
@_exported import DomainModel
@_exported import Events
@_exported import XenTypes
