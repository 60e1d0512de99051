"""As much of a Databricks runtime's own package as the SDK's login there imports."""


class UserNamespaceInitializer:
    @classmethod
    def getOrCreate(cls) -> "UserNamespaceInitializer":
        return cls()

    def get_namespace_globals(self) -> dict[str, object]:
        return {}
