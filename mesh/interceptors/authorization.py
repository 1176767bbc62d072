"""Whether this caller may call this RPC at all: derived from the contract, deny by default, before decoding."""

from hamlet.error.v1.error_reason_pb2 import ErrorReason

from mesh.call import Call, Interceptor, Proceed
from mesh.errors import HamletError
from mesh.policy import Access, Role

__all__ = ["AuthorizationInterceptor"]

# protobuf looks a value of an enum up by its name at each mention, which costs a microsecond.
_PUBLIC, _OWNER, _WORKLOAD = Access.ACCESS_PUBLIC, Access.ACCESS_OWNER, Access.ACCESS_WORKLOAD
_NO_ROLE = Role.ROLE_UNSPECIFIED
_LEAST_ROLE = {_PUBLIC: _NO_ROLE, Access.ACCESS_SIGNED_IN: Role.ROLE_READER, _OWNER: Role.ROLE_READER}


class AuthorizationInterceptor(Interceptor):
    """First the workload, then the person. Who owns the resource only the handler knows: an `ACCESS_OWNER` call
    whose handler never asked is refused before its answer leaves.
    """

    name = "authorization"

    async def intercept(self, call: Call, proceed: Proceed) -> None:
        if not call.method.admits_workload(call.caller.workload):
            raise HamletError(ErrorReason.ERROR_REASON_WORKLOAD_NOT_ALLOWED)
        if call.method.access != _WORKLOAD and not self._acts_alone(call):
            self._require_role(call)
        if call.method.access == _OWNER:
            self._leave_open(call)
        await proceed(call)
        call.refuse_unsettled_ownership()

    @staticmethod
    def _acts_alone(call: Call) -> bool:
        return call.principal is None and call.method.admits_alone(call.caller.workload)

    @staticmethod
    def _require_role(call: Call) -> None:
        least = _LEAST_ROLE.get(call.method.access, call.method.role)
        if least == _NO_ROLE and call.method.access != _PUBLIC:
            raise HamletError(ErrorReason.ERROR_REASON_WORKLOAD_NOT_ALLOWED, debug="no rule for this access")
        if least and not call.require_principal().has_role(least):
            name = Role.Name(least).removeprefix("ROLE_")
            raise HamletError(ErrorReason.ERROR_REASON_ROLE_REQUIRED, metadata={"required_role": name})

    @staticmethod
    def _leave_open(call: Call) -> None:
        """Ownership is open until the handler asks, and no message of a stream leaves before."""
        call.ownership_open = True
        send = call.send
        if send is None:
            return

        async def send_settled(message: object) -> None:
            call.refuse_unsettled_ownership()
            await send(message)

        call.send = send_settled
